"""The office: storage, sync endpoint, uploads, accounts and pages. It never imports the phone."""
