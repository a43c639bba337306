"""The e-invoice draft: Peppol BIS Billing 3 as UBL 2.1, and its official rules."""
