// Only there for the precompiled headers that all tests share.
