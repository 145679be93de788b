// The long suite: 1 GiB at 8+4 through every ring, mode and sink, read back under damage. Prints
// what it checked.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "base/sha256.hpp"
#include "process.hpp"

namespace annulus::e2e {
namespace {

constexpr unsigned disks = 12;
constexpr unsigned parity = 4;
constexpr std::uint64_t object_bytes = std::uint64_t{1} << 30;

std::string digest_of(const fs::path& path) {
  harness::sha256 digest;
  std::vector<char> piece(std::size_t{1} << 20);
  std::ifstream file(path, std::ios::binary);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    digest.update(std::as_bytes(std::span(piece).first(static_cast<std::size_t>(file.gcount()))));
  }
  return digest.hex();
}

void make_input(const fs::path& path) {
  std::ofstream file(path, std::ios::binary);
  for (std::uint64_t i = 0; i < object_bytes >> 20; ++i) file << noise(std::size_t{1} << 20, i);
}

// Takes disks away by renaming them, and brings them back.
class removed {
 public:
  removed(const scratch& where, std::set<unsigned> which)
      : where_(where), which_(std::move(which)) {
    for (const auto disk : which_) fs::rename(path(disk), path(disk) + ".away");
  }
  removed(const removed&) = delete;
  removed& operator=(const removed&) = delete;
  ~removed() {
    for (const auto disk : which_) fs::rename(path(disk) + ".away", path(disk));
  }

 private:
  [[nodiscard]] std::string path(unsigned disk) const {
    return where_ / ("d" + std::to_string(disk));
  }
  const scratch& where_;
  std::set<unsigned> which_;
};

std::set<unsigned> choose(std::mt19937& random, std::size_t count) {
  std::set<unsigned> chosen;
  while (chosen.size() < count) chosen.insert(static_cast<unsigned>(random() % disks));
  return chosen;
}

class object_at_rest {
 public:
  object_at_rest(const scratch& where, std::string digest)
      : where_(where), digest_(std::move(digest)) {}

  // Through a pipe, not a file: a disk would take ten times as long as all the rest.
  void expect_whole(const std::string& under) {
    const auto words = fmt::format("{} get object --disks {} -o - 2>{}", ANNULUS_COMMAND,
                                   where_.disks(disks), where_ / "err");
    auto* const out = popen(words.c_str(), "r");
    ASSERT_NE(out, nullptr);
    harness::sha256 digest;
    std::vector<std::byte> piece(std::size_t{1} << 20);
    while (const auto n = std::fread(piece.data(), 1, piece.size(), out)) {
      digest.update(std::span(piece).first(n));
    }
    ASSERT_EQ(pclose(out), 0) << under << ": " << slurp(where_ / "err");
    ASSERT_EQ(digest.hex(), digest_) << under;
    ++reads_;
  }
  void expect_refused(const std::set<unsigned>& gone) {
    fs::remove(where_ / "back");
    const auto done = run({"get", "object", "--disks", where_.disks(disks), "-o", where_ / "back"});
    ASSERT_EQ(done.status, 1);
    for (unsigned i = 0; i < disks; ++i) {
      ASSERT_EQ(contains(done.err, (where_ / ("d" + std::to_string(i))) + " (missing)"),
                gone.contains(i))
          << done.err;
    }
    ASSERT_FALSE(fs::exists(where_ / "back"));
  }
  [[nodiscard]] int reads() const { return reads_; }

 private:
  const scratch& where_;
  std::string digest_;
  int reads_ = 0;
};

void flip_a_byte(const fs::path& file, std::mt19937& random) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  const auto at = static_cast<std::streamoff>(random() % fs::file_size(file));
  stream.seekg(at);
  const auto old = static_cast<char>(stream.get());
  stream.seekp(at);
  stream.put(static_cast<char>(old ^ 0x10));
  ASSERT_TRUE(stream.flush());
}

}  // namespace

// One digest of all that the disks hold of the object but the meta.json files, whose ids are
// random, and the ledgers.
std::string stored_digest(const scratch& where) {
  std::string all;
  for (unsigned i = 0; i < disks; ++i) {
    for (const auto* const file : {"part.1", "0000.chunk", "0001.chunk"}) {
      const auto path = fs::path(where / ("d" + std::to_string(i))) / "object" / file;
      if (fs::exists(path)) all += digest_of(path);
    }
  }
  return all;
}

// What a put stores must not depend on ring, mode or way: then the 50 choices of lost disks, tried
// on the first cell of each sink, speak for all, and every other cell tries only a few of them.
TEST(acceptance, a_gibibyte_through_every_ring_mode_and_sink) {
  constexpr std::size_t few = 3;
  const scratch where;
  make_input(where / "input");
  object_at_rest object(where, digest_of(where / "input"));
  std::mt19937 random(2026);
  std::vector<std::set<unsigned>> losses;
  for (int i = 0; i < 50; ++i) losses.push_back(choose(random, parity));
  std::size_t next_loss = 0;
  std::map<std::string, std::string> expected;  // by sink
  for (const auto& ring : registered_rings()) {
    for (const std::string mode : {"serial", "parallel"}) {
      for (const std::string sink : {"null", "dir", "chunks"}) {
        for (const std::string hand : {"--copy", "--in-place"}) {
          const auto cell = fmt::format("{} {} {} {}", ring, mode, sink, hand);
          const auto put = run({"put", where / "input", "--name", "object", "--disks",
                                where.disks(disks), "--data", "8", "--parity", "4", "--ring", ring,
                                "--mode", mode, "--sink", sink, hand, "--no-sync"});
          ASSERT_EQ(put.status, 0) << cell << ": " << put.err;
          if (sink == "null") continue;
          const auto stored = stored_digest(where);
          const auto first = expected.try_emplace(sink, stored).second;
          ASSERT_EQ(stored, expected[sink]) << cell;
          for (std::size_t i = 0; i < (first ? losses.size() : few); ++i) {
            const removed gone(where, losses[next_loss++ % losses.size()]);
            object.expect_whole(cell);
          }
          const auto five = choose(random, parity + 1);
          {
            const removed gone(where, five);
            object.expect_refused(five);
          }
          for (const auto disk : choose(random, parity)) {
            const auto folder = fs::path(where / ("d" + std::to_string(disk))) / "object";
            flip_a_byte(folder / (sink == "dir" ? "part.1" : "0000.chunk"), random);
          }
          object.expect_whole(cell + " flipped");
          for (unsigned i = 0; i < disks; ++i) fs::remove_all(where / ("d" + std::to_string(i)));
          fmt::print("{:40} ok, {} reads so far\n", cell, object.reads());
          std::fflush(stdout);
        }
      }
    }
  }
}

}  // namespace annulus::e2e
