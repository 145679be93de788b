// Where in the log's source a step of a trace was asked for.
#pragma once

#include <string>
#include <vector>

namespace annulus::crash {

/// The number of the chain of calls that leads here, from 1. Thread-safe.
int calling_site();

/// The log's own part of that chain, innermost first, each as "recovery.cpp:217", a line of
/// chunklog/src. Asks addr2line. One thread at a time.
std::vector<std::string> log_lines(int site);

}  // namespace annulus::crash
