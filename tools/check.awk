# Layers and fences from src/LAYERS (first file), then every source file: includes, length of files and functions, marks.
function fail(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; failed = 1 }
FNR == 1 { split(FILENAME, part, "/"); module = part[2]; open = 0 }
FILENAME == "src/LAYERS" {
    if ($0 ~ /^#/ || NF < 2) next
    layer[$2] = $1
    for (i = 3; i <= NF; i++) { fence[$i] = fence[$i] " " $2 " "; headers[++header_count] = $i }
    next
}
FNR == 1 && !(module in layer) { fail("module " module " is not in src/LAYERS") }
FNR == 1 && $0 !~ /SPDX-License-Identifier: Apache-2.0/ { fail("first line is not the licence line") }
/^#include "/ {
    split($2, quoted, "\""); split(quoted[2], path, "/"); other = path[1]
    if (path[2] == "") fail("include \"" quoted[2] "\" does not name its module")
    else if (!(other in layer)) fail("include of unknown module " other)
    else if (other != module && layer[other] >= layer[module])
        fail(module " (layer " layer[module] ") must not include " other " (layer " layer[other] ")")
}
/^# *include </ {
    header = $0; sub(/^[^<]*</, "", header); sub(/>.*/, "", header)
    for (i = 1; i <= header_count; i++)
        if (index(header, headers[i]) == 1 && index(fence[headers[i]], " " module " ") == 0)
            fail("<" header "> belongs to" fence[headers[i]] "only")
}
/(^|[^A-Za-z_])(TODO|FIXME|HACK)([^A-Za-z_]|$)/ { fail("unfinished mark") }
/(^|[^a-z_A-Z0-9.>])(strcpy|strcat|sprintf|strncpy|strtok|atoi|alloca|strtol|localtime)\(/ { fail("banned function") }
length($0) > 100 { fail("line of " length($0) " columns") }
/^\{/ { open = FNR }
/^\}/ { if (open && FNR - open > 70) fail("function of " FNR - open " lines"); open = 0 }
FNR == 1001 { fail("file above 1,000 lines") }
END { exit failed }
