# How fast objects get through, for each ring and mode; a panel for each sink.
set label 1 "Throughput (median, 95 % interval; higher is better)"
value_label = "MB/s"
load directory."/bars.gp"
