"""What the page's script draws and opens: the graph and its evidence as packed columns, and the script itself.

`chosen` says which accounts and links the page holds, `graph` and `evidence` tell what it knows of them, `columns`
packs that, and `bundle` puts the script's files into one.
"""

__all__ = ()
