"""Lists as files: the same items that a page shows, as CSV and XLSX."""
