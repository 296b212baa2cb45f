"""What a person can still do when a file of the published set is damaged."""


def test_a_damaged_manifest_does_not_disable_what_repairs_it(company):
    """Status and list say what is damaged, the doctor finds it, and a refresh that goes on from it says so at once."""
    (company.current / "manifest.json").write_text("{")
    assert "whose manifest is damaged" in company.touchstone("status").output
    listed = company.touchstone("releases")
    assert listed.exit_code == 0
    assert "cannot be read" in listed.output
    examined = company.touchstone("doctor")
    assert examined.exit_code == 1
    assert "WRONG served release" in examined.output
    refused = company.touchstone("refresh", "--as-of", "2026-07-01")
    assert refused.exit_code == 1
    assert "The manifest of release" in refused.output
