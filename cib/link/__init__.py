"""TRACES -> EDGES: accounts linked by shared acts, tested against chance, with the pairs of posts as evidence."""

from cib.link.edges import Beside, Linked, link

__all__ = ["Beside", "Linked", "link"]
