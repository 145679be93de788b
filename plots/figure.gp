# Every figure starts here:
#   gnuplot -c figure.gp DIRECTORY FIGURE DATA IMAGE PANELS SERIES GROUPS MACHINE CONSTANTS
# from harness/src/plot.cpp. PANELS and SERIES are lists of names; GROUPS is how many groups there are
# and how long the longest name is, in letters. Sets up what all figures share, then draws FIGURE.gp.
# Arguments do not reach a loaded file, so they get names.
directory = ARG1
data = ARG3
panel_names = ARG5
series_names = ARG6
groups = word(ARG7, 1) + 0
longest = word(ARG7, 2) + 0
panels = words(panel_names)
series = words(series_names)
columns = groups > 12 ? 1 : panels
rows = ceil(panels / real(columns))
# Names of groups slope, steeper the longer they are, and the margins leave room for them.
slope = longest > 10 ? 50 : 30
letter = 7.6
foot = 45 + longest * letter * sin(slope * pi / 180)
left_edge = longest * letter * cos(slope * pi / 180)
left_edge = left_edge < 100 ? 100.0 : left_edge
widest = columns * (115 + groups * (20 + 26 * series))
width = widest < 900 ? 900 : widest
height = 136 + rows * (310 + foot)

if (ARG4[strlen(ARG4) - 2:] eq "svg") {
  set terminal svg size width, height font "DejaVu Sans,13" background "white" noenhanced
} else {
  set terminal pngcairo size width, height font "DejaVu Sans,11" background "white" noenhanced
}
set output ARG4

# Okabe and Ito's colours: told apart by colour-blind readers, and in grey.
array colours[4] = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"]
set border 3 lc rgb "#444444"
set tics nomirror out
set grid ytics lc rgb "#dddddd" lt 1 lw 0.8
set xtics scale 0 rotate by slope right
set xrange [-0.7 : groups - 0.3]
set datafile missing "NaN"

head = 96.0 / height
set label 1 at screen 0.5, screen 1 - 20.0 / height center font ",16"
set label 2 ARG8 at screen 0.5, screen 1 - 42.0 / height center textcolor rgb "#555555"
set label 3 ARG9 at screen 0.5, screen 1 - 60.0 / height center textcolor rgb "#555555"
set label 4 (panels > 1 ? "Each panel has its own scale." : "") \
    at screen left_edge / width, screen 1 - 82.0 / height left textcolor rgb "#555555"
set multiplot layout rows, columns margins left_edge / width, 1 - 20.0 / width, \
    foot / height, 1 - head - 40.0 / height spacing 80.0 / width, (foot + 40) / height
load directory."/".ARG2.".gp"
unset multiplot
