"""Letters: of which kinds there are, what each says, how initiatives change the texts, and when nobody is written to."""
