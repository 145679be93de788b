// Runs the scenarios of one theme: what a mutant is compiled into. Exits 1 at the first that fails,
// having printed its name and why.
#include ANNULUS_MODEL_THEME

#include <iostream>

int main() {
  using namespace annulus::model;
  for (const auto& each : ANNULUS_MODEL_SCENARIOS()) {
    const auto end = engine(each.quick).explore(each.body);
    if (end.failure.empty()) continue;
    std::cout << each.name << ": " << end.failure << '\n';
    return 1;
  }
}
