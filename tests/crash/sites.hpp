// Where in the log's source a step of a trace was asked for.
#pragma once

#include <string>

namespace annulus::crash {

/// The number of the chain of calls that leads here, from 1. Thread-safe.
int calling_site();

/// The log's own part of that chain, innermost first: "recovery.cpp:217 < log.cpp:290"; lines are
/// those of chunklog/src. Asks addr2line. Thread-safe.
std::string describe_site(int site);

}  // namespace annulus::crash
