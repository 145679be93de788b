#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "shapes.hpp"
#include "sizes.hpp"
#include "statistics.hpp"
#include "verdicts.hpp"

namespace annulus::bench {
namespace {

using harness::json;

constexpr std::array side_names{"ring", "peer", "roof"};

std::string_view name_of(side value) {
  return side_names.at(static_cast<std::size_t>(value));
}

// Four digits, and no exponent.
std::string shown(double value) {
  return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

// "8.12 [8.01-8.2]"
std::string shown(const cell* at, const shown_metric& metric) {
  if (at == nullptr || !at->metrics.contains(std::string(metric.name))) return "-";
  const auto found = harness::bootstrap_median(at->metrics.at(std::string(metric.name)));
  return fmt::format("{} [{}-{}]", shown(found.median * metric.scale),
                     shown(found.low * metric.scale), shown(found.high * metric.scale));
}

struct column {
  std::string title;
  std::size_t ring_size;
  shown_metric metric;
};

class shape_tables {
 public:
  shape_tables(std::span<const cell> cells, const shape_info& shape) : shape_(shape) {
    for (const cell& at : cells) {
      if (at.what.shape != shape.name) continue;
      mine_.push_back(&at);
      if (std::find(channels_.begin(), channels_.end(), at.what.channel) == channels_.end())
        channels_.push_back(at.what.channel);
      if (std::find(sizes_.begin(), sizes_.end(), at.ring_size) == sizes_.end())
        sizes_.push_back(at.ring_size);
    }
  }

  [[nodiscard]] std::string text() const {
    if (mine_.empty()) return "";
    std::string out = fmt::format("{}  {}\n", shape_.name, shape_.title);
    std::vector<column> columns;
    for (const auto& metric : shape_.shown) {
      for (const std::size_t size : sizes_) {
        columns.push_back(
            {fmt::format("{} {}", harness::format_size(size), metric.unit), size, metric});
      }
      if (sizes_.size() > 1) {
        out += rows(columns);
        columns.clear();
      }
    }
    return out + (columns.empty() ? "" : rows(columns)) + "\n";
  }

 private:
  [[nodiscard]] std::string rows(const std::vector<column>& columns) const {
    std::vector<std::vector<std::string>> lines{{"", ""}};
    for (const column& each : columns) lines.front().push_back(each.title);
    for (const std::string& channel : channels_) {
      auto& line = lines.emplace_back();
      line = {channel, std::string(name_of(find_any(channel)->what.whose))};
      for (const column& each : columns) {
        line.push_back(shown(find(channel, each.ring_size), each.metric));
      }
    }
    std::vector<std::size_t> widths(lines.front().size());
    for (const auto& line : lines) {
      for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    std::string out;
    for (const auto& line : lines) {
      out += fmt::format("  {:<{}}  {:<{}}", line[0], widths[0], line[1], widths[1]);
      for (std::size_t i = 2; i < line.size(); ++i)
        out += fmt::format("  {:>{}}", line[i], widths[i]);
      out += '\n';
    }
    return out;
  }

  [[nodiscard]] const cell* find(const std::string& channel, std::size_t size) const {
    const auto at = std::find_if(mine_.begin(), mine_.end(), [&](const cell* each) {
      return each->what.channel == channel && each->ring_size == size;
    });
    return at == mine_.end() ? nullptr : *at;
  }
  [[nodiscard]] const cell* find_any(const std::string& channel) const {
    return *std::find_if(mine_.begin(), mine_.end(),
                         [&](const cell* each) { return each->what.channel == channel; });
  }

  const shape_info& shape_;
  std::vector<const cell*> mine_;
  std::vector<std::string> channels_;
  std::vector<std::size_t> sizes_;
};

json metrics_json(const cell& at) {
  json out = json::object();
  for (const auto& [name, values] : at.metrics) {
    const auto found = harness::bootstrap_median(values);
    out[name] = {{"median", found.median},
                 {"low", found.low},
                 {"high", found.high},
                 {"n", found.n},
                 {"values", values}};
  }
  return out;
}

}  // namespace

std::string to_text(const suite& what, std::span<const cell> cells, const plan& how,
                    const disturbance& meanwhile) {
  std::string out = fmt::format(
      "Producer on CPU {}, consumer on CPU {}; median [95 % interval] of {} interleaved "
      "repetitions.\n\n",
      how.cpus.producer, how.cpus.consumer, how.repetitions);
  std::uint64_t moved = 0;
  for (const shape_info& shape : what.shapes) {
    out += shape_tables(cells, shape).text();
    for (const cell& at : cells) {
      if (at.what.shape == shape.name && shape.has_payload && at.what.whose != side::roof &&
          at.metrics.contains(bytes_per_second))
        moved += at.amount * static_cast<std::uint64_t>(how.repetitions);
    }
  }
  out += what.note;
  out += fmt::format(
      "Meanwhile others used {:.1f} % of the two CPUs, and the hypervisor {:.1f} %{}.\n",
      meanwhile.others, meanwhile.stolen,
      meanwhile.matters() ? ": do not trust these numbers, measure again" : "");
  out += fmt::format(
      "{:.1f} GB {}.\n\n"
      "Verdicts (stated for {}):\n",
      static_cast<double>(moved) * 1e-9, what.checked, harness::format_size(what.judged_size));
  for (const verdict& each : what.judge(cells)) out += "  " + to_text(each) + "\n";
  return out;
}

json to_json(const suite& what, std::span<const cell> cells, const plan& how,
             const disturbance& meanwhile, const json& environment) {
  json out{{"command", "annulus bench " + what.name},
           {"environment", environment},
           {"cpus", {{"producer", how.cpus.producer}, {"consumer", how.cpus.consumer}}},
           {"repetitions", how.repetitions},
           {"seconds_per_measurement", how.seconds},
           {"disturbance_percent", {{"others", meanwhile.others}, {"stolen", meanwhile.stolen}}},
           {"cells", json::array()},
           {"verdicts", json::array()}};
  for (const cell& at : cells) {
    out["cells"].push_back({{"shape", at.what.shape},
                            {"channel", at.what.channel},
                            {"kind", name_of(at.what.whose)},
                            {what.size_key, at.ring_size},
                            {"amount", at.amount},
                            {"metrics", metrics_json(at)}});
  }
  for (const verdict& each : what.judge(cells))
    out["verdicts"].push_back(to_json(each, what.size_key));
  return out;
}

}  // namespace annulus::bench
