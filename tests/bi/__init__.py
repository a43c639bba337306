"""What BI tools meet: the marts in their own programs and servers."""
