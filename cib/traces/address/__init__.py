"""Links to the page they lead to, offline: parts, wrappers, tracking parameters, platforms' own ids.

Everything works on whole columns of distinct links; nothing is fetched. :func:`canonical` is the door.
"""

from cib.traces.address.canonical import canonical, host_of

__all__ = ["canonical", "host_of"]
