# What a GiB costs in processor time, for each ring and mode; a panel for each sink.
set label 1 "CPU time (median, 95 % interval; lower is better)"
value_label = "CPU-seconds per GiB"
load directory."/bars.gp"
