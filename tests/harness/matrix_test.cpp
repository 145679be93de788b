#include "measure/matrix.hpp"

#include <sys/stat.h>

#include "fixtures.hpp"

namespace annulus::harness {
namespace {

std::string refusal(std::string_view text) {
  return message_of<bad_input>([text] { matrix_of(text); });
}

TEST(matrix, defaults_are_one_value_an_axis) {
  const matrix found = matrix_of("name = 'm'");
  EXPECT_EQ(found.of->traits().name, "fake");
  EXPECT_EQ(found.name, "m");
  EXPECT_EQ(found.repetitions, 6);
  EXPECT_FALSE(found.seed || found.input || found.until);
  EXPECT_TRUE(found.only.empty() && found.except.empty());
  EXPECT_EQ(found.axes.size(), 5U);
  EXPECT_EQ(found.axes.at("ring"), (std::vector<json>{"futex"}));
  EXPECT_EQ(found.axes.at("size"), (std::vector<json>{2U << 20U}));
}

TEST(matrix, all_is_all_that_is_offered) {
  EXPECT_EQ(matrix_of("name = 'm'\n[axes]\nring = 'all'").axes.at("ring"),
            (std::vector<json>{"mutex", "futex", "spsc"}));
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nsize = 'all'"),
            "m.toml, line 5: axes.size must be a list of at least one value, but is \"all\"");
}

constexpr std::string_view full = R"(name = "all-of-it"
description = "every key"
repetitions = 7
until = "7%"
budget = "90s"
seed = 5
input = "data/x.bin"
[axes]
ring = ["futex", "spsc"]
sink = ["null", "dir", "chunks"]
size = ["2MiB", 4096, "0.50 x frame"]
placement = ["none", "cross-node"]
memory = ["any", "third", "node:3"]
[[only]]
ring = ["futex"]
size = ["4KiB", "2MiB"]
[[only]]
sink = "all"
[[except]]
memory = ["third"]
)";

TEST(matrix, reads_every_key) {
  const matrix found = matrix_of(full);
  EXPECT_EQ(found.description, "every key");
  EXPECT_EQ(found.repetitions, 7);
  EXPECT_EQ(found.until, 0.07);
  EXPECT_EQ(found.budget, std::chrono::seconds(90));
  EXPECT_EQ(found.seed, 5U);
  EXPECT_EQ(found.input, "data/x.bin");
  EXPECT_EQ(found.axes.at("size"), (std::vector<json>{2U << 20U, 4096, "0.5 x frame"}));
  EXPECT_EQ(found.axes.at("memory").at(2), "node:3");
  ASSERT_EQ(found.only.size(), 2U);
  EXPECT_EQ(found.only[0].at("size"), (std::vector<json>{4096, 2U << 20U}));
  EXPECT_EQ(found.only[1].at("sink").size(), 3U);
  EXPECT_EQ(found.except.at(0).at("memory"), (std::vector<json>{"third"}));
}

TEST(matrix, writes_what_it_reads) {
  const std::string once = to_toml(matrix_of(full));
  const matrix again = parse_matrix(once, "m.toml", fake_suites());
  EXPECT_EQ(to_toml(again), once);
  EXPECT_EQ(again.axes, matrix_of(full).axes);
  EXPECT_EQ(again.only, matrix_of(full).only);
  EXPECT_EQ(again.until, 0.07);
}

TEST(matrix, writes_no_absolute_path) {
  EXPECT_EQ(to_toml(matrix_of("name='m'\ninput='/home/someone/x.bin'")).find("someone"),
            std::string::npos);
}

TEST(matrix, that_is_older_than_schema_and_suite_is_of_the_first_suite) {
  const matrix what =
      parse_matrix("name = 'm'\n[axes]\nring = ['spsc']\n", "m.toml", fake_suites());
  EXPECT_EQ(what.of, fake_suites().front());
  EXPECT_EQ(what.axes.at("ring"), std::vector<json>{"spsc"});
}

TEST(matrix, another_schema_is_refused) {
  const auto refused = [](std::string_view text) {
    return message_of<bad_input>([&] { parse_matrix(text, "m.toml", fake_suites()); });
  };
  EXPECT_EQ(refused("suite = 'fake'\nname = 'm'"), "m.toml: the key schema is missing");
  EXPECT_EQ(refused("schema = 2\nsuite = 'fake'\nname = 'm'"),
            "m.toml, line 1: schema must be 1, the schema that this reads, but is 2");
  EXPECT_EQ(refused("schema = 1\nsuite = 'fakes'\nname = 'm'"),
            "m.toml, line 2: suite must be one of fake, but is \"fakes\"");
  EXPECT_EQ(refused("schema = 1\nname = 'm'"), "m.toml: the key suite is missing");
}

TEST(matrix, unknown_key_is_named_with_its_line) {
  EXPECT_EQ(refusal("name = 'm'\nrepetition = 3"),
            "m.toml, line 4: there is no key repetition, only schema, suite, name, description, "
            "repetitions, until, budget, seed, input, axes, only, except");
  const std::string only = ", only ring, sink, size, placement, memory";
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nrings = ['futex']"),
            "m.toml, line 5: there is no key axes.rings" + only);
  EXPECT_EQ(refusal("name = 'm'\n[[except]]\nrings = ['futex']"),
            "m.toml, line 5: there is no key except.rings" + only);
}

TEST(matrix, unknown_value_is_named_with_its_line) {
  const std::string ringo = "ring must be one of mutex, futex, spsc, but is \"ringo\"";
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nring = [\n  'futex',\n  'ringo']"),
            "m.toml, line 7: axes." + ringo);
  EXPECT_EQ(refusal("name = 'm'\n[[only]]\nring = ['ringo']"), "m.toml, line 5: only." + ringo);
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nmemory = ['node:x']"),
            "m.toml, line 5: axes.memory must be one of any, producer, consumer, third, "
            "interleaved, node:N, but is \"node:x\"");
}

TEST(matrix, wrong_type_is_named_with_its_line) {
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nring = [1]"),
            "m.toml, line 5: axes.ring must be one of mutex, futex, spsc, but is 1");
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nsink = 'null'"),
            "m.toml, line 5: axes.sink must be a list of at least one value, or \"all\", but is "
            "\"null\"");
  EXPECT_EQ(refusal("name = 'm'\nrepetitions = 0"),
            "m.toml, line 4: repetitions must be a whole number from 1 to 10000, but is 0");
  EXPECT_EQ(refusal("name = 'm'\naxes = 3"),
            "m.toml, line 4: axes must be a table, [axes], but is 3");
  EXPECT_EQ(refusal("name = 'm'\nonly = 3"),
            "m.toml, line 4: only must be tables, [[only]], but is 3");
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nsize = [2024-01-01]").substr(0, 45),
            "m.toml, line 5: axes.size must be a size, a w");
}

TEST(matrix, a_filter_names_an_axis) {
  EXPECT_EQ(refusal("name = 'm'\n[[only]]\n"),
            "m.toml, line 4: only must be tables that name at least one axis each, but is a list");
  EXPECT_EQ(refusal("name = 'm'\n[[only]]\nring = []").substr(0, 40),
            "m.toml, line 5: only.ring must be a list");
}

TEST(matrix, two_spellings_of_a_value_are_one_value) {
  const auto repeats = [](const char* list) {
    return refusal(std::string("name = 'm'\n[axes]\nsize = ") + list);
  };
  const std::string start = "m.toml, line 5: axes.size must name each value once, but repeats ";
  EXPECT_EQ(repeats("['2MiB', 2097152]"), start + "2MiB");
  EXPECT_EQ(repeats("['2048KiB', '2MiB']"), start + "2MiB");
  EXPECT_EQ(repeats("['2 x frame', '2.0 x frame']"), start + "2 x frame");
}

TEST(matrix, a_size_is_derived_from_what_the_suite_knows) {
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nsize = ['2 x block']"),
            "m.toml, line 5: axes.size can be derived from frame, but not from \"block\"");
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nsize = ['2 x size']"),
            "m.toml, line 5: axes.size can be derived from frame, but not from \"size\"");
  EXPECT_NE(refusal("name = 'm'\n[axes]\nring = ['2 x frame']").find("axes.ring must be one of"),
            std::string::npos);
}

TEST(matrix, sizes_have_limits) {
  EXPECT_NE(refusal("name = 'm'\n[axes]\nsize = ['1MB']").find("m.toml, line 5: axes.size"),
            std::string::npos);
  EXPECT_NE(refusal("name = 'm'\n[axes]\nsize = [0]").find("but is 0"), std::string::npos);
}

TEST(matrix, an_interval_is_awaited_for_a_while) {
  EXPECT_EQ(refusal("name = 'm'\nuntil = '5%'"),
            "m.toml: until and budget belong together, but budget is missing");
  EXPECT_EQ(refusal("name = 'm'\nbudget = '5min'"),
            "m.toml: until and budget belong together, but until is missing");
  EXPECT_EQ(matrix_of("name = 'm'\nuntil = '0.5%'\nbudget = '2h'").budget, std::chrono::hours(2));
  for (const char* part : {"'0%'", "'101%'", "'5'", "'%'", "5", "'nan%'"}) {
    EXPECT_NE(refusal(std::string("name = 'm'\nbudget = '1s'\nuntil = ") + part)
                  .find("until must be a percentage"),
              std::string::npos)
        << part;
  }
  for (const char* time : {"'0s'", "'25h'", "'5'", "'5 min'", "'-1s'", "60"}) {
    EXPECT_NE(refusal(std::string("name = 'm'\nuntil = '5%'\nbudget = ") + time)
                  .find("budget must be a time"),
              std::string::npos)
        << time;
  }
}

TEST(matrix, lists_are_neither_empty_nor_repetitive) {
  EXPECT_THROW(matrix_of("name = 'm'\n[axes]\nring = []"), bad_input);
  EXPECT_THROW(matrix_of("name = 'm'\n[axes]\nring = 'futex'"), bad_input);
  EXPECT_EQ(refusal("name = 'm'\n[axes]\nring = ['futex', 'futex']"),
            "m.toml, line 5: axes.ring must name each value once, but repeats futex");
}

TEST(matrix, needs_a_name_that_is_a_directory) {
  EXPECT_EQ(refusal("repetitions = 3"), "m.toml: the key name is missing");
  for (const char* text : {"name = ''", "name = '../x'", "name = 'A'", "name = 3"}) {
    EXPECT_THROW(matrix_of(text), bad_input) << text;
  }
}

TEST(matrix, syntax_error_has_its_line) {
  EXPECT_EQ(refusal("name = 'm'\nseed = = 3").substr(0, 35), "m.toml, line 4: this is not TOML: E");
}

TEST(matrix, an_axis_can_be_set_by_hand) {
  matrix what = matrix_of("name = 'm'");
  set_axis(what, "size", {"64KiB", "2 x frame"}, "--size");
  EXPECT_EQ(what.axes.at("size"), (std::vector<json>{65536, "2 x frame"}));
  set_axis(what, "ring", {"all"}, "--ring");
  EXPECT_EQ(what.axes.at("ring").size(), 3U);
  const auto refused = [&](const char* axis, const std::vector<std::string>& spelled) {
    return message_of<bad_input>([&] { set_axis(what, axis, spelled, "--set"); });
  };
  EXPECT_EQ(refused("rings", {"futex"}),
            "--set: the suite fake has no axis rings, only ring, sink, size, placement, memory");
  EXPECT_EQ(refused("ring", {"futex", "all"}),
            "--set must be one of mutex, futex, spsc, but is \"all\"");
  EXPECT_EQ(refused("size", {"1KiB", "1024"}), "--set must name each value once, but repeats 1KiB");
  EXPECT_EQ(refused("size", {}), "--set names no value");
  EXPECT_EQ(what.axes.at("ring").size(), 3U) << "what was refused changed nothing";
}

TEST(matrix, only_a_regular_file_of_some_size_is_read) {
  const temporary_directory where;
  const auto refused = [](const std::filesystem::path& file) {
    return message_of<error>([&] { load_matrix(file, fake_suites()); });
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
  std::vector<std::string> many{"1"};
  for (int i = 2; i <= 400; ++i) {
    sizes += ", " + std::to_string(i);
    many.push_back(std::to_string(i));
  }
  const auto text = [&](int repetitions) {
    return "name = 'm'\nrepetitions = " + std::to_string(repetitions) + "\n[axes]\nsize = [" +
           sizes + "]\n";
  };
  EXPECT_EQ(refusal(text(251)), "m.toml: its axes and repetitions make more than 100000 turns");
  EXPECT_EQ(refusal(text(10'000) + "ring = 'all'\nsink = 'all'\nplacement = 'all'\n"),
            "m.toml: its axes and repetitions make more than 100000 turns");
  matrix most = matrix_of(text(250));
  EXPECT_EQ(message_of<bad_input>([&] { set_axis(most, "sink", {"all"}, "--sink"); }),
            "--sink makes more than 100000 turns");
}

}  // namespace
}  // namespace annulus::harness
