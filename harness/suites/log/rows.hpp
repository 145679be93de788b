// What the rows and their figures are called, in matrices and results.
#pragma once

namespace annulus::suites {

inline constexpr auto memory_row = "memory";
inline constexpr auto descriptor_row = "descriptors";
inline constexpr auto disk_row = "disk";
inline constexpr auto durable_row = "durable";
inline constexpr auto commit_row = "commits";
inline constexpr auto awaited_commit_row = "commits-awaited";
// Measured beside those that are compared with them.
inline constexpr auto roof_row = "roof";
inline constexpr auto single_commit_row = "fdatasync-each";

inline constexpr auto records_per_second = "records_per_second";
inline constexpr auto seconds_taken = "seconds";
inline constexpr auto user_percent = "user_cpu_percent";
inline constexpr auto system_percent = "sys_cpu_percent";
inline constexpr auto total_percent = "total_cpu_percent";
inline constexpr auto cpu_per_record = "cpu_us_per_record";
inline constexpr auto times_the_seed = "times_the_seed";
inline constexpr auto cpu_times_the_seed = "cpu_times_the_seed";
// Of rows that are stored.
inline constexpr auto logged_bytes_per_second = "logged_bytes_per_second";
inline constexpr auto seconds_with_sync = "seconds_with_fdatasync";
inline constexpr auto synced_per_second = "synced_records_per_second";
inline constexpr auto bytes_per_write = "bytes_per_write";
inline constexpr auto percent_from_memory = "read_from_memory_percent";
// Of commits.
inline constexpr auto confirmed_per_second = "confirmed_per_second";
inline constexpr auto confirmed_p50 = "acknowledgement_p50_us";
inline constexpr auto confirmed_p99 = "acknowledgement_p99_us";
inline constexpr auto confirmed_per_sync = "confirmed_per_sync";

}  // namespace annulus::suites
