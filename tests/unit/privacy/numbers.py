"""A dozen of the tax agency's published test numbers: no living person has one of these."""

PERSONNUMMER = (
    "189001079806",
    "190012209813",
    "192903209175",
    "197904182396",
    "198408042383",
    "198912262386",
    "199505272394",
    "200010132397",
    "200604032391",
    "201109252385",
)
SAMORDNINGSNUMMER = ("191406652386", "193609672385", "195711772383")
