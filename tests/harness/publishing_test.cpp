// Result sets are committed: nothing in them may tell whose machine it was.
#include <unistd.h>

#include <functional>

#include "base/paths.hpp"
#include "fixtures.hpp"
#include "machine/environment.hpp"
#include "measure/result_set.hpp"
#include "measure/runner.hpp"
#include "measure/samples.hpp"

namespace annulus::harness {
namespace {

void each_string(const json& value, const std::function<void(const std::string&)>& visit) {
  if (value.is_string()) visit(value.get<std::string>());
  for (const json& part : value.is_structured() ? value : json::array()) each_string(part, visit);
}

class published : public testing::Test {
 protected:
  void SetUp() override {
    write(directory_ / "self", "#!/bin/sh\ncat >&2\nexit 1\n");
    std::filesystem::permissions(directory_ / "self", std::filesystem::perms::owner_all);
    write(directory_ / "input.bin", "x");
    run_options how;
    how.results = directory_ / "results";
    how.self = directory_ / "self";
    how.work = directory_ / "work";
    how.build = this_build(directory_.path());
    how.build.flags = "-O2 -ffile-prefix-map=/home/someone/annulus=. -isystem /opt/x/include";
    matrix what = matrix_of("name='m'\nrepetitions=1");
    what.input = directory_ / "input.bin";
    run_ = run(what, how).directory;
  }
  temporary_directory directory_;
  std::filesystem::path run_;
};

TEST_F(published, environment_says_what_matters) {
  const json found = read_environment(run_);
  for (const char* field : {"machine",        "started",
                            "seed",           "turns",
                            "input",          "cpu_model",
                            "architecture",   "packages",
                            "cores",          "cpus",
                            "numa_nodes",     "memory_bytes",
                            "kernel",         "governor",
                            "clock",          "build",
                            "matrix",         "work_filesystem",
                            "is_this_system", "transparent_huge_pages",
                            "schema",         "suite",
                            "cpuidle_driver", "virtual_topology"}) {
    EXPECT_TRUE(found.contains(field)) << field;
  }
  EXPECT_EQ(found.at("input"), json({{"name", "input.bin"}, {"bytes", 1}}));
  EXPECT_NE(found.at("build").at("compiler").get<std::string>(), "");
}

TEST_F(published, no_absolute_path) {
  std::vector<json> all{read_environment(run_)};
  for (const sample& each : read_samples(run_ / samples_name).samples) {
    EXPECT_TRUE(each.error) << "the cell repeats its request, with its paths, as its error";
    all.insert(all.end(), {each.key, each.spec, each.error.value_or("")});
  }
  for (const json& part : all) {
    each_string(part, [&](const std::string& text) {
      EXPECT_EQ(without_paths(text), text);
      EXPECT_EQ(text.find(directory_.path().string()), std::string::npos) << text;
      EXPECT_EQ(text.find("someone"), std::string::npos) << text;
    });
  }
}

TEST_F(published, no_host_name) {
  std::array<char, 256> host{};
  ASSERT_EQ(gethostname(host.data(), host.size() - 1), 0);
  each_string(read_environment(run_),
              [&](const std::string& text) { EXPECT_NE(text, host.data()); });
  EXPECT_EQ(read(run_ / topology_name).find("HostName"), std::string::npos);
  EXPECT_NE(read(run_ / topology_name).find("<topology"), std::string::npos);
}

TEST(without_paths, cuts_paths_and_nothing_else) {
  EXPECT_EQ(without_paths("cannot open /a/b-c/part.1: no"), "cannot open part.1: no");
  EXPECT_EQ(without_paths("\"/x/y\",'/z/'"), "\"y\",'z'");
  EXPECT_EQ(without_paths("8 MB/s at 1/2, relative/path, https://host, a / b"),
            "8 MB/s at 1/2, relative/path, https://host, a / b");
  EXPECT_EQ(without_paths("-ffile-prefix-map=/home/me/x=."), "-ffile-prefix-map=x=.");
}

}  // namespace
}  // namespace annulus::harness
