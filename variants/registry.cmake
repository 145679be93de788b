# The registry of rings, one a line. NAME stands for header <annulus/NAME.hpp>, type annulus::NAME_ring
# and the specialisation annulus::variant<NAME_ring>; everything else follows from this list.
set(ANNULUS_VARIANTS
  pipe
  mutex
  futex
  spsc
  mirror
  segment
)
