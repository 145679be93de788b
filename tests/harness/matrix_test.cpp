#include <sys/stat.h>

#include "support.hpp"

namespace annulus::harness {
namespace {

std::string refusal(std::string_view text) {
  return message_of<bad_input>([text] { matrix_of(text); });
}

TEST(matrix, defaults_are_one_value_an_axis) {
  const matrix found = matrix_of("name = 'm'");
  EXPECT_EQ(found.name, "m");
  EXPECT_EQ(found.repetitions, 3);
  EXPECT_FALSE(found.seed);
  EXPECT_FALSE(found.input);
  EXPECT_EQ(found.axes.ring, (std::vector<std::string>{"futex"}));
  EXPECT_EQ(found.axes.ring_size, (std::vector<std::uint64_t>{2U << 20U}));
  EXPECT_EQ(format_geometry(found.axes.shards.at(0)), "8+4");
  EXPECT_EQ(found.axes.sync, (std::vector<bool>{false}));
}

TEST(matrix, all_rings_are_those_of_the_build) {
  const matrix found = matrix_of("name = 'm'\n[axes]\nring = 'all'");
  EXPECT_EQ(found.axes.ring, (std::vector<std::string>(test_rings.begin(), test_rings.end())));
}

constexpr std::string_view full = R"(name = "all-of-it"
description = "every key"
repetitions = 7
seed = 5
input = "data/x.bin"
[axes]
ring = ["futex", "spsc"]
sink = ["null", "dir", "chunks"]
mode = ["serial", "parallel"]
hand = ["copy", "copy-in", "in-place"]
ring_size = ["2MiB", 4096]
read_size = ["64KiB"]
block = ["1MiB"]
geometry = ["8+4", "255+1"]
placement = ["none", "cross-node"]
memory = ["any", "third", "node:3"]
sync = [true, false]
)";

TEST(matrix, reads_every_key) {
  const matrix found = matrix_of(full);
  EXPECT_EQ(found.description, "every key");
  EXPECT_EQ(found.repetitions, 7);
  EXPECT_EQ(found.seed, 5U);
  EXPECT_EQ(found.input, "data/x.bin");
  EXPECT_EQ(found.axes.ring_size, (std::vector<std::uint64_t>{2U << 20U, 4096}));
  EXPECT_EQ(found.axes.shards.at(1).data, 255);
  EXPECT_EQ(found.axes.memory.at(2), "node:3");
  EXPECT_EQ(found.axes.sync, (std::vector<bool>{true, false}));
}

TEST(matrix, writes_what_it_reads) {
  const std::string once = to_toml(matrix_of(full));
  EXPECT_EQ(to_toml(matrix_of(once)), once);
  EXPECT_EQ(matrix_of(once).axes.memory, matrix_of(full).axes.memory);
}

TEST(matrix, writes_no_absolute_path) {
  EXPECT_EQ(to_toml(matrix_of("name='m'\ninput='/home/someone/x.bin'")).find("someone"),
            std::string::npos);
}

TEST(matrix, unknown_key_is_named_with_its_line) {
  EXPECT_EQ(
      refusal("name = 'm'\nrepetition = 3"),
      "m.toml, line 2: there is no key repetition, only name, description, repetitions, seed, "
      "input, axes");
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nrings = ['futex']").substr(0, 43),
            "m.toml, line 3: there is no key axes.rings,");
}

TEST(matrix, unknown_value_is_named_with_its_line) {
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nring = [\n  'futex',\n  'ringo']"),
            "m.toml, line 5: axes.ring must be one of mutex, futex, spsc, but is \"ringo\"");
  EXPECT_EQ(
      refusal("name = 'm'\n[axes]\nmemory = ['node:x']"),
      "m.toml, line 3: axes.memory must be one of any, producer, consumer, third, interleaved, "
      "node:N, but is \"node:x\"");
}

TEST(matrix, wrong_type_is_named_with_its_line) {
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nsync = [1]"),
            "m.toml, line 3: axes.sync must be true or false, but is 1");
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nsink = 'null'"),
            "m.toml, line 3: axes.sink must be a list of at least one value, but is \"null\"");
  EXPECT_EQ(refusal("name = 'm'\nrepetitions = 0"),
            "m.toml, line 2: repetitions must be a whole number from 1 to 10000, but is 0");
  EXPECT_EQ(refusal("name = 'm'\naxes = 3"),
            "m.toml, line 2: axes must be a table, [axes], but is 3");
}

TEST(matrix, sizes_and_geometries_have_limits) {
  EXPECT_NE(refusal("name = 'm'\n[axes]\nblock = ['1MB']").find("m.toml, line 3: axes.block"),
            std::string::npos);
  EXPECT_NE(refusal("name = 'm'\n[axes]\nblock = [0]").find("but is 0"), std::string::npos);
  for (const char* shape : {"8", "0+4", "4+0", "200+57", "256+1", "8+4+1", "+4", "8+", "a+b"}) {
    EXPECT_THROW(parse_geometry(shape, "geometry"), bad_input) << shape;
  }
}

TEST(matrix, lists_are_neither_empty_nor_repetitive) {
  EXPECT_THROW(matrix_of("name = 'm'\n[axes]\nring = []"), bad_input);
  EXPECT_THROW(matrix_of("name = 'm'\n[axes]\nring = 'futex'"), bad_input);
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nring = ['futex', 'futex']"),
            "m.toml, line 3: axes.ring must name each value once, but repeats \"futex\"");
}

TEST(matrix, needs_a_name_that_is_a_directory) {
  EXPECT_EQ(refusal("repetitions = 3"), "m.toml: the key name is missing");
  for (const char* text : {"name = ''", "name = '../x'", "name = 'A'", "name = 3"}) {
    EXPECT_THROW(matrix_of(text), bad_input) << text;
  }
}

TEST(matrix, syntax_error_has_its_line) {
  EXPECT_EQ(refusal("name = 'm'\nseed = = 3").substr(0, 35), "m.toml, line 2: this is not TOML: E");
}

TEST(matrix, only_a_regular_file_of_some_size_is_read) {
  const temporary_directory where;
  const auto refused = [](const std::filesystem::path& file) {
    return message_of<error>([&] { load_matrix(file, test_rings); });
  };
  const std::string file = (where / "m.toml").string();
  EXPECT_EQ(refused(file), "the matrix " + file + " cannot be read: No such file or directory");
  EXPECT_EQ(refused(where.path()),
            "the matrix " + where.path().string() + " cannot be read: it is a directory");
  EXPECT_EQ(refused("/dev/zero"), "the matrix /dev/zero cannot be read: it is no regular file");
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(refused(file), "the matrix " + file + " cannot be read: it is no regular file");
  std::filesystem::remove(file);
  write(file, "name = 'm'\n" + std::string(1U << 20U, '#'));
  EXPECT_EQ(refused(file),
            "the matrix " + file + " cannot be read: it has more than 1MiB, the most that is read");
}

TEST(matrix, nests_no_deeper_than_it_can_be_freed) {
  constexpr std::string_view said = "m.toml: it nests deeper than 32 levels";
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  const std::string open(100'000, '[');
  const std::string shut(100'000, ']');
  for (const std::string& text :
       {dots + " = 1", "[" + dots + "]", "a = " + open + shut, "a = " + open, "[axes]\n" + dots}) {
    EXPECT_EQ(refusal("name = 'm'\n" + text), said);
  }
  const std::string text(1000, '.');
  const std::string allowed = "name = 'm' # " + text + "[[[\ndescription = \"\\\"" + text +
                              "\"\n[axes]\nring = ['futex']\n";
  EXPECT_EQ(matrix_of(allowed).description, "\"" + text);
}

TEST(matrix, has_a_bounded_number_of_turns) {
  std::string sizes = "1";
  for (int i = 2; i <= 400; ++i) sizes += ", " + std::to_string(i);
  const std::string axes = "[axes]\nblock = [" + sizes + "]\nring_size = [" + sizes + "]\n";
  EXPECT_EQ(refusal("name = 'm'\nrepetitions = 1\n" + axes),
            "m.toml: its axes and repetitions make more than 100000 turns");
  EXPECT_EQ(refusal("name = 'm'\nrepetitions = 1\n" + axes + "read_size = [" + sizes + "]\n"),
            "m.toml: its axes and repetitions make more than 100000 turns");
}

}  // namespace
}  // namespace annulus::harness
