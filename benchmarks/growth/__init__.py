"""A history that grows: realistic facts by the thousand or the million, and what a large history does to a request."""
