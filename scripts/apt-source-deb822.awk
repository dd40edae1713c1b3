# From a deb822 .sources file, print the distribution's own stanzas for the release -v code=CODENAME as
# deb-src. Every other field stays, Signed-By with a key of many lines included.
BEGIN { RS = ""; FS = "\n" }
{
    split("", text)
    n = 0
    for (i = 1; i <= NF; i++) {
        if ($i ~ /^#/) continue
        if ($i !~ /^[ \t]/) {
            field = tolower(substr($i, 1, index($i, ":") - 1))
            text[field] = substr($i, index($i, ":") + 1)
            order[++n] = field
        } else {
            text[field] = text[field] "\n" $i
        }
    }
    if ((" " text["types"] " ") !~ /[ \t]deb(-src)?[ \t]/) next
    if (tolower(text["enabled"]) ~ /no|false|off|0/) next
    if ((" " text["components"] " ") !~ /[ \t\n](main|universe)[ \t\n]/) next
    suites = ""
    count = split(text["suites"], suite, /[ \t\n]+/)
    for (i = 1; i <= count; i++)
        if (suite[i] ~ "^" code "([-/](security|updates|proposed-updates))?$")
            suites = suites " " suite[i]
    if (suites == "") next
    print "Types: deb-src"
    print "Suites:" suites
    for (i = 1; i <= n; i++)
        if (order[i] !~ /^(types|suites|enabled|architectures)$/)
            print order[i] ":" text[order[i]]
    print ""
}
