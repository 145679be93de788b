// Runs the scenarios of one theme on the mutant whose number is the argument. Exits 1 at the first
// that fails, having printed its name and why.
#include ANNULUS_MODEL_THEME

#include <cstdlib>
#include <iostream>

int main(int, char** argv) {
  using namespace annulus::model;
  annulus::active_mutant = std::atoi(argv[1]);
  for (const auto& each : ANNULUS_MODEL_SCENARIOS()) {
    const auto end = engine(each.quick).explore(each.body);
    if (end.failure.empty()) continue;
    std::cout << each.name << ": " << end.failure << '\n';
    return 1;
  }
}
