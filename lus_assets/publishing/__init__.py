"""What goes out: write-once releases with a manifest, file formats, and the BI snapshot.

Belongs here: how a folder comes to be whole or not at all, and what its bytes are. Does not: which
figures or lines a release holds (statistics, invoicing), nor any rule.
"""
