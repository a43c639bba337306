"""What several documents share: words, rules, the invoice base as a document, and who pays."""
