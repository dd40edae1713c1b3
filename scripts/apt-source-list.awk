# From a sources.list, print the distribution's own entries for the release -v code=CODENAME as deb-src.
# Options in brackets stay (signed-by, trusted), except the architecture, which a source has not.
$1 == "deb" || $1 == "deb-src" {
    options = ""
    rest = $0
    sub(/^[ \t]*[a-z-]+[ \t]+/, "", rest)
    sub(/[ \t]*#.*/, "", rest)
    if (match(rest, /^\[[^]]*\][ \t]+/)) {
        options = substr(rest, 1, RLENGTH)
        rest = substr(rest, RLENGTH + 1)
        gsub(/arch(itectures)?=[^] \t]*/, "", options)
        if (options ~ /^\[[ \t]*\][ \t]*$/) options = ""
    }
    n = split(rest, word, /[ \t]+/)
    ours = word[2] ~ "^" code "([-/](security|updates|proposed-updates))?$"
    main = 0
    for (i = 3; i <= n; i++)
        if (word[i] ~ /^(main|universe)$/) main = 1
    if (ours && main) print "deb-src " options rest
}
