// Places are named by functions: the names stay when the source moves.
#include "source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "defects.hpp"
#include "directory.hpp"
#include "workload.hpp"

namespace annulus::crash {
namespace {

constexpr const char* small_source = R"(namespace n {

class inner {
 public:
  int declared(int first,
               int second);
  int one() { return files_->write(1); }

  int two(int which) {
    if (which) {
      files.remove(1);
    }
    one();
    return one();
  }
};

int outer::run(int a,
               int b) {
  const auto put = [&](int c) {
    return files().truncate(c);
  };
  if (put(1)) return 1;
  return put(2);
}

}  // namespace n
)";

void spill(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

// The line of the small source that holds `text`, behind so many lines above all.
std::string line_of(const std::string& text, int above) {
  const std::string all = small_source;
  const auto at = all.begin() + static_cast<std::ptrdiff_t>(all.find(text));
  return "a.cpp:" + std::to_string(std::count(all.begin(), at, '\n') + 1 + above);
}

TEST(source, names_stay_when_lines_move) {
  const scratch folder;
  for (const int above : {0, 17}) {
    spill(folder.path() / "a.cpp",
          std::string(static_cast<std::size_t>(above), '\n') + small_source);
    const source_index index(folder.path());
    EXPECT_EQ(index.seam_calls(),
              (std::vector<std::string>{"inner::one: write", "inner::two: remove",
                                        "outer::run: truncate"}));
    EXPECT_EQ(index.call(line_of("    one();", above), "one"), "inner::two#1");
    EXPECT_EQ(index.call(line_of("return one", above), "one"), "inner::two#2");
    EXPECT_EQ(index.callee(line_of("files_->write", above), false), "one");
    const auto in_lambda = line_of("files().truncate", above);
    EXPECT_EQ(index.function(in_lambda), "outer::run");
    EXPECT_EQ(index.callee(in_lambda, true), "put");
    EXPECT_EQ(index.call(line_of("return put", above), "put"), "outer::run#2");
  }
}

TEST(source, a_call_that_is_in_no_function_is_not_passed_over) {
  const scratch folder;
  spill(folder.path() / "a.cpp", "int value = files.write(1);\n");
  EXPECT_THROW(static_cast<void>(source_index(folder.path()).seam_calls()), std::runtime_error);
}

// As in docs/durability.md.
TEST(source, the_places_of_a_log_have_names) {
  const source_index source(std::filesystem::path(ANNULUS_SOURCE) / "chunklog/src");
  places where(source);
  std::set<std::string> names;
  for (const auto& what : short_workloads()) {
    for (const auto place : where.of(record(what, recording_files::sites::yes))) {
      if (place >= 0) names.insert(where.name(place));
    }
  }
  for (const auto* const name :
       {"tail_chunk::write: write, chunk", "tail_chunk::sync: sync file, chunk",
        "chunk_store::roll: sync directory",
        "ledger::write#2 < ledger::checkpoint < chunk_store::roll: write, ledger.state",
        "ledger::sync < ledger::checkpoint < chunk_store::roll: sync file, ledger.state"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  const auto calls = source.seam_calls();
  for (const auto& call : where.seam_calls()) {
    const bool creates = call.ends_with(": open");
    EXPECT_TRUE(creates || std::count(calls.begin(), calls.end(), call) == 1) << call;
  }
}

}  // namespace
}  // namespace annulus::crash
