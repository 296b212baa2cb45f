"""Faults of the configuration: what may be wrong in the company's own files, beside exports that are right."""

from random import Random

from planting import Answer, Fault, Place, faults

KINDS: list[Fault] = []
of_configuration = faults("configuration", KINDS)


@of_configuration("refused", words=("tiers.yml", "hysteresys", "hysteresis"))
def unknown_key(place: Place, draw: Random) -> None:
    """tiers.yml: hysteresys for hysteresis"""
    place.write_config("tiers.yml", "hysteresys: 0.1\n")


@of_configuration("refused", words=("tier.yml", "tiers.yml"))
def unknown_file(place: Place, draw: Random) -> None:
    """tier.yml for tiers.yml"""
    place.write_config("tier.yml", "hysteresis: 0.1\n")


@of_configuration("refused", words=("tiers.yml", "line 1"))
def no_yaml(place: Place, draw: Random) -> None:
    """tiers.yml: a bracket that is not closed"""
    place.write_config("tiers.yml", "pyramid: {platinum: 0.01, gold: 0.04\nhysteresis: 0.1\n")


@of_configuration("refused", words=("tiers.yml", "pyramid"))
def shares_above_one(place: Place, draw: Random) -> None:
    """tiers.yml: shares of the pyramid that come to more than 1"""
    place.configure("tiers", lambda told: told.update(pyramid={"platinum": 0.5, "gold": 0.4, "iron": 0.3}))


@of_configuration("refused", words=("clv.yml", "annual_discount_rate"))
def value_out_of_range(place: Place, draw: Random) -> None:
    """clv.yml: a discount rate of 10, meant as per cent"""
    place.configure("clv", lambda told: told.update(annual_discount_rate=10))


@of_configuration("held", "scores.quality_weights:each_expert_is_consistent", ("Ann", "consistency ratio"))
def contradicting_expert(place: Place, draw: Random) -> None:
    """judgements: an expert who calls each thing five times what follows (consistency ratio .25)"""
    kinds = ("ad_click", "value_added_purchase", "message", "message_click", "search", "post")
    place.write_config(
        "judgements/ours.csv",
        "\n".join(
            [
                "expert,hierarchy,parent,item_a,item_b,ratio",
                *(
                    f"Ann,customer_activity,customer_activity,{one},{other},5"
                    for position, one in enumerate(kinds)
                    for other in kinds[position + 1 :]
                ),
            ]
        ),
    )


@of_configuration("refused", words=("ours.csv", "searching", "search"))
def unknown_item(place: Place, draw: Random) -> None:
    """judgements: a comparison of an item that the hierarchy has not"""
    place.write_config(
        "judgements/ours.csv",
        "expert,hierarchy,parent,item_a,item_b,ratio\nAnn,customer_activity,customer_activity,ad_click,searching,2\n",
    )


@of_configuration("refused", words=("ours.csv", "line 2", "ratio"))
def ratio_of_words(place: Place, draw: Random) -> None:
    """judgements: a ratio that is no number"""
    place.write_config(
        "judgements/ours.csv",
        "expert,hierarchy,parent,item_a,item_b,ratio\nAnn,customer_activity,customer_activity,ad_click,search,much\n",
    )


@of_configuration("refused", words=("nps", "judgements"))
def nobody_judged(place: Place, draw: Random) -> None:
    """quality.yml: a new indicator in the tree that no expert has compared"""

    def grow(told):
        told["trees"]["service_quality"]["process"]["nps"] = {}

    place.configure("quality", grow)


@of_configuration("refused", words=("facts.orders:orders_amount_is_present", "gates.yml"))
def check_without_a_gate(place: Place, draw: Random) -> None:
    """gates.yml: the line of a check is deleted"""
    place.configure("gates", lambda told: told["checks"].pop("facts.orders:orders_amount_is_present"))


@of_configuration("refused", words=("facts.orders:orders_amount_is_present", "gates.yml"))
def check_renamed(place: Place, draw: Random) -> None:
    """gates.yml: a check has another name than where it runs"""

    def rename(told):
        told["checks"]["facts.orders:amount_is_there"] = told["checks"].pop("facts.orders:orders_amount_is_present")

    place.configure("gates", rename)


@of_configuration("held", "facts.orders:orders_are_holy", "not run")
def gate_without_a_check(place: Place, draw: Random) -> None:
    """gates.yml: a line for a check that nothing runs"""
    place.configure(
        "gates", lambda told: told["checks"].update({"facts.orders:orders_are_holy": {"severity": "block"}})
    )


@of_configuration("refused", words=("gates.yml", "severity", "block"))
def severity_misspelt(place: Place, draw: Random) -> None:
    """gates.yml: severity blocking for block"""
    place.configure("gates", lambda told: told["checks"]["raw.orders:fresh"].update(severity="blocking"))


@of_configuration("held", "raw.orders:contract", ("limit 0.10%", "orders.csv"))
def threshold_changed(place: Place, draw: Random) -> None:
    """gates.yml: one in 1,000 for one in 100 where 0.5 % of the rows are broken"""
    place.configure("gates", lambda told: told["checks"]["raw.orders:contract"].update(threshold=0.001))
    place.change("orders", 0.005, draw, lambda row: {"ordered_at": "2026-02-30 10:00:00"})


@of_configuration("refused", words=("sources.yml", "Mars/Olympus"))
def unknown_time_zone(place: Place, draw: Random) -> None:
    """sources.yml: a time zone that there is not"""
    place.configure("sources", lambda told: told.update(time_zone="Mars/Olympus"))


@of_configuration("held", "raw.orders:arrived", ("sources.yml, feeds.orders", "syntax error"))
def broken_expression(place: Place, draw: Random) -> None:
    """sources.yml: an expression that is no SQL"""
    place.configure("sources", lambda told: told["feeds"]["orders"].update(columns={"amount": "source.amount * * 2"}))


@of_configuration("held", "raw.orders:arrived", ("sources.yml, feeds.orders", "price"))
def unknown_column(place: Place, draw: Random) -> None:
    """sources.yml: an expression over a column that the file has not"""
    place.configure("sources", lambda told: told["feeds"]["orders"].update(columns={"amount": "source.price"}))


@of_configuration("held", "raw.orders:arrived", ("SHOP_EXPORTS", "is not set"))
def variable_missing(place: Place, draw: Random) -> None:
    """sources.yml: a path from an environment variable that is not set"""
    place.configure("sources", lambda told: told["feeds"]["orders"].update(path="${SHOP_EXPORTS}/orders.csv"))


@of_configuration("held", "raw.orders:arrived", ("127.0.0.1", "orders"))
def database_away(place: Place, draw: Random) -> None:
    """sources.yml: a database that does not answer; its password is not told"""
    place.environment["SHOP_PASSWORD"] = "s3cret-word"
    url = "postgresql://reader:${SHOP_PASSWORD}@127.0.0.1:1/shop"

    def pull(told):
        told["feeds"]["orders"] = {"database": {"url": url, "table": "orders"}}

    place.configure("sources", pull)


@of_configuration("refused", words=("shop.orders", "configured: aliases, complaints, customers"))
def source_of_no_feed(place: Place, draw: Random) -> Answer:
    """--source shop.orders=…: a feed that is not configured"""
    return place.touchstone("refresh", "--source", "shop.orders=orders.csv")
