#include "suite.hpp"

#include "pipelines/metrics.hpp"

namespace annulus::bench {

const suite& rings_suite() {
  static const suite all{
      .name = "rings",
      .description = "Measure every ring, the packaged peers and the machine's limits side by side",
      .examples = R"(Examples:
  annulus bench rings                                    everything; about eight minutes
  annulus bench rings --shape a,b --ring-size 2MiB       two shapes at one size
  annulus bench rings --ring futex,boost-spsc --shape d  two channels, beside the roofs
  annulus bench rings --json --out rings.json            every repetition, for a program)",
      .shape_help = "Only these shapes: a to h, steady, roof",
      .channel_option = "--ring",
      .channel_help = "Only these rings and peers",
      .size_option = "--ring-size",
      .size_help = "Ring sizes",
      .size_key = "ring_size",
      .sizes = {"64KiB", "2MiB", "32MiB"},
      .least_size = 16 << 10,  // four of the steady shape's messages
      .most_size = 1 << 30,
      .judged_size = judged_ring_size,
      .shapes = all_shapes(),
      .judge = judge,
      .note =
          "A peer is measured in the shapes that it can do: queues of items where all messages are "
          "of\n64 bytes or of one.\n",
      .checked = "went through rings and peers, and every byte was checked",
  };
  return all;
}

const suite& pipelines_suite() {
  static const suite all{
      .name = "pipelines",
      .description = "Measure the pipe by the size of its segments, with the futex ring beside it",
      .examples = R"(Examples:
  annulus bench pipelines                                       everything; about half a minute
  annulus bench pipelines --shape copy-in --segment-size 64KiB  what the verdict compares
  annulus bench pipelines --shape parse --cpus 0,1              commands of RESP, on these CPUs
  annulus bench pipelines --json --out pipelines.json           every repetition, for a program)",
      .shape_help = "Only these shapes: no-touch, copy-in, checksum, parse",
      .channel_option = "--channel",
      .channel_help = "Only these: pipe, futex",
      .size_option = "--segment-size",
      .size_help = "Sizes of the pipe's segments, and of the ring's writes",
      .size_key = "segment_size",
      .sizes = {"4KiB", "16KiB", "64KiB", "256KiB"},
      .least_size = 4 << 10,
      .most_size = pipe_buffering / 2,  // so that one can be read while another one is written
      .judged_size = judged_segment_size,
      .shapes = pipelines_shapes(),
      .judge = judge_pipelines,
      .note =
          "An operation is one segment allocated or written, and flushed; of parse, one command.\n",
      .checked =
          "went through pipes and rings; in copy-in a word of each segment was checked, in\n"
          "checksum and parse every byte",
  };
  return all;
}

}  // namespace annulus::bench
