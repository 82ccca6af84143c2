"""The edges: each adapter translates in, calls one action, translates out."""
