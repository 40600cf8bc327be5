"""Who asks: the JSON interface, the pages, the command line, the settings, and what starts and stops it all."""
