// annulus bench: our rings beside the packaged ones, and the pipe.
#include "command.hpp"
#include "contenders.hpp"

int main(int argc, char** argv) {
  using namespace annulus::bench;
  auto all = our_contenders();
  for (const auto& more : {peer_contenders(), roof_contenders()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return command(argc, argv, {{rings_suite(), all}, {pipelines_suite(), pipeline_contenders()}});
}
