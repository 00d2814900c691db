"""The live sheets of a budget: Assumptions, Purchases, Steps, Hours and Forecast, formulas with their values."""

from dataclasses import dataclass
from typing import Any

from api.exports.book import Book
from api.exports.rates import Fixed, Rate, Steps
from optimizer.forecast import Budget
from optimizer.forecast.budget import BudgetMonth
from optimizer.forecast.load import weekly_shape
from optimizer.forecast.series import month_starts

MILLION = 1_000_000
PURCHASE_HEADER = (
    "starts", "month", "offer", "count", "term_months", "capacity_each", "usd_per_hour_today", "usd_per_hour",
    "upfront_fraction", "ends", "usd_per_month", "upfront_usd", "existing",
)  # fmt: skip
HOURS_HEADER = (
    "n", "month", "multiplier", "share_of_hours", "demand", "to_serve", "beyond_commitments", "usd_per_hour",
    "spot_usd_per_hour", "beyond_existing", "on_demand_usd_per_hour", "usd", "usd_spot", "usd_all_on_demand",
    "demand_x_share",
)  # fmt: skip
FORECAST_HEADER = (
    "month", "n", "demand", "committed_capacity", "existing_capacity", "usd_rented", "usd_spot", "usd_on_demand",
    "usd_committed", "usd_total_amortised", "usd_cash", "usd_all_on_demand", "usd_cash_discounted", "demand_mean",
    "usd_per_million_output_tokens", "p10", "p50", "p90",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ForecastCells:
    """The values of a month that the document does not have."""

    committed_capacity: float
    existing_capacity: float
    discounted: float


def forecast_cells(budget: Budget) -> list[ForecastCells]:
    """Return the capacity of commitments and the discounted cash of every month."""
    each: dict[str, float] = {}
    for offer in budget.offers:
        each[offer.offer] = max(each.get(offer.offer, 0.0), offer.capacity / offer.instances)
    cells = []
    for number, month in enumerate(budget.months):
        existing = sum(
            held.count * each.get(held.offer, 0.0) for held in budget.request.existing if number < held.months_left
        )
        committed = sum(count * each[name] for name, count in month.committed.items())
        rate = (1 + budget.request.discount_per_year) ** (-number / 12)
        cells.append(ForecastCells(committed, existing, month.usd_cash * rate))
    return cells


class LiveSheets:
    """Writes the sheets that recompute. `unit` hours are rows of Hours, months rows of Forecast, in the same order."""

    def __init__(self, book: Book, budget: Budget) -> None:
        self.book, self.budget = book, budget
        self.months = [start.date() for start in month_starts(budget.request.start, len(budget.months))]
        self.cells = forecast_cells(budget)
        self.whole = budget.unit == "users"
        self.hours = [
            (number, multiplier, share)
            for number, month in enumerate(budget.months)
            for multiplier, share in self._shape(month)
        ]
        self.bought = max(1, len(budget.purchases) + len(budget.request.existing)) + 1

    def write(self) -> None:
        """Write all five, Assumptions first."""
        self._assumptions()
        self._forecast()
        self._purchases()
        self._hours()
        self._steps()

    def _shape(self, month: BudgetMonth) -> list[tuple[float, float]]:
        """Return (multiplier of the level, share of the hours); those of the request, so that growth stays exact."""
        if self.budget.request.demand.base is not None:
            return [(float(factor), float(share)) for factor, share in weekly_shape(self.budget.request.demand)]
        level = month.demand or 1.0
        return [(plan.amount / level, plan.hours / self.budget.hours_per_month) for plan in month.hours]

    def _assumptions(self) -> None:
        sheet = self.book.sheet("Assumptions", ("assumption", "value", "meaning"), (30, 16, 90))
        asked = self.budget.request
        first = self.budget.months[0]
        tokens = None
        if first.usd_per_million_output_tokens and first.demand_mean:
            tokens = first.usd_total_amortised / first.usd_per_million_output_tokens * MILLION
            tokens /= first.demand_mean * self.budget.hours_per_month
        rows: list[tuple[str, float | None, str, str]] = [
            ("base_demand", asked.demand.base, "number", f"{self.budget.unit} in the first month"),
            ("monthly_growth", asked.demand.monthly_growth, "percent", "growth of the base each month"),
            ("demand_multiplier", 1.0, "number", "everything that is asked, times this"),
            ("price_change_per_year", asked.price_change_per_year, "percent", "of prices that are not committed yet"),
            ("discount_per_year", asked.discount_per_year, "percent", "for the discounted cash"),
            ("hours_per_month", self.budget.hours_per_month, "number", "hours that every month has"),
            ("tokens_per_unit_hour", tokens, "number", f"output tokens of one of {self.budget.unit} in one hour"),
        ]
        for number, (name, value, form, meaning) in enumerate(rows, start=1):
            sheet.write_string(number, 0, name, self.book.bold)
            self.book.cell(sheet, number, 1, value, form, given=True)
            sheet.write_string(number, 2, meaning, self.book.note)
            self.book.book.define_name(name, f"=Assumptions!$B${number + 1}")

    def _forecast(self) -> None:
        sheet = self.book.sheet("Forecast", FORECAST_HEADER, (12, 5, 12, *(16,) * 15))
        last = len(self.months) + 1
        for name, letter in (("total", "J"), ("cash", "K"), ("on_demand", "L"), ("discounted", "M")):
            self.book.book.define_name(f"forecast_{name}", f"=Forecast!${letter}$2:${letter}${last}")
        for number, month in enumerate(self.budget.months):
            row = number + 1
            self.book.cell(sheet, row, 0, self.months[number], "month")
            self.book.cell(sheet, row, 1, number, "number")
            for place, (formula, value, form) in enumerate(self._month(number, month), start=2):
                self.book.formula(sheet, row, place, formula, value, form)
            for place, chance in enumerate((month.p10, month.p50, month.p90), start=15):
                self.book.cell(sheet, row, place, chance, "usd")

    def _month(self, number: int, month: BudgetMonth) -> list[tuple[str, float | None, str]]:
        """Return the formulas of a month, from column C on, with the value and format of each."""
        row, cells = number + 2, self.cells[number]
        level = "base_demand*(1+monthly_growth)^$B{0}" if self.budget.request.demand.base else repr(month.demand)
        alive = f"({self._bought('A')}<=$B{row})*({self._bought('J')}>$B{row})"
        held = f"{alive}*{self._bought('M')}"

        def summed(letter: str) -> str:
            return f"=SUMIFS({self._hour(letter)},{self._hour('A')},$B{row})"

        fixed = self._bought("K")
        later = f"SUMPRODUCT({alive}*{fixed}*(1-{self._bought('I')}))"
        at_once = f"SUMPRODUCT(({self._bought('A')}=$B{row})*{self._bought('L')})"
        capacity = f"{self._bought('D')}*{self._bought('F')}"
        rented = month.usd_on_demand + month.usd_spot
        return [
            (f"={level.format(row)}*demand_multiplier", month.demand, "number"),
            (f"=SUMPRODUCT({alive}*{capacity})", cells.committed_capacity, "number"),
            (f"=SUMPRODUCT({held}*{capacity})", cells.existing_capacity, "number"),
            (summed("L"), rented, "usd"),
            (summed("M"), month.usd_spot, "usd"),
            (f"=F{row}-G{row}", month.usd_on_demand, "usd"),
            (f"=SUMPRODUCT({alive}*{fixed})", month.usd_committed, "usd"),
            (f"=F{row}+I{row}", month.usd_total_amortised, "usd"),
            (f"=F{row}+{later}+{at_once}", month.usd_cash, "usd"),
            (f"{summed('N')}+SUMPRODUCT({held}*{fixed})", month.usd_all_on_demand, "usd"),
            (f"=K{row}*(1+discount_per_year)^(-B{row}/12)", cells.discounted, "usd"),
            (summed("O"), month.demand_mean, "number"),
            (
                f"=IF(N{row}*tokens_per_unit_hour=0,0,J{row}/(N{row}*hours_per_month*tokens_per_unit_hour)*1000000)",
                month.usd_per_million_output_tokens or 0.0,
                "usd",
            ),
        ]

    def _bought(self, letter: str) -> str:
        return f"Purchases!${letter}$2:${letter}${self.bought + 1}"

    def _hour(self, letter: str) -> str:
        return f"Hours!${letter}$2:${letter}${len(self.hours) + 1}"

    def _purchases(self) -> None:
        sheet = self.book.sheet("Purchases", PURCHASE_HEADER, (8, 12, 60, 10, *(15,) * 9))
        today = {offer.offer: offer.usd_per_hour for offer in self.budget.offers}
        each = {offer.offer: offer.capacity / offer.instances for offer in self.budget.offers}
        names = [month.month for month in self.budget.months]
        rows: list[tuple[object, ...]] = [
            (0, self.months[0], held.offer, held.count, held.months_left, each.get(held.offer, 0.0),
             held.usd_per_hour or today[held.offer], 0.0, 1)
            for held in self.budget.request.existing
        ]  # fmt: skip
        for purchase in self.budget.purchases:
            start = names.index(purchase.month)
            upfront = self.budget.request.upfront(purchase.term)
            rows.append(
                (start, self.months[start], purchase.offer, purchase.count, purchase.term_months,
                 each[purchase.offer], today[purchase.offer], upfront, 0)
            )  # fmt: skip
        for number, row in enumerate(rows, start=1):
            self._purchase(sheet, number, row)

    def _purchase(self, sheet: Any, row: int, values: tuple[Any, ...]) -> None:
        start, month, offer, count, term, capacity, today, upfront, existing = values
        drift = 1.0 if existing else (1 + self.budget.request.price_change_per_year) ** (start / 12)
        monthly = today * drift * count * self.budget.hours_per_month
        cell, at = self.book.cell, row + 1
        cell(sheet, row, 0, start, "number")
        cell(sheet, row, 1, month, "month")
        cell(sheet, row, 2, offer)
        cell(sheet, row, 3, count, "number", given=True)
        cell(sheet, row, 4, term, "number")
        cell(sheet, row, 5, capacity, "number")
        cell(sheet, row, 6, today, "rate", given=True)
        grown = f"=G{at}" if existing else f"=G{at}*(1+price_change_per_year)^(A{at}/12)"
        self.book.formula(sheet, row, 7, grown, today * drift, "rate")
        cell(sheet, row, 8, upfront, "percent", given=True)
        self.book.formula(sheet, row, 9, f"=A{at}+E{at}", start + term, "number")
        self.book.formula(sheet, row, 10, f"=D{at}*H{at}*hours_per_month", monthly, "usd")
        self.book.formula(sheet, row, 11, f"=K{at}*E{at}*I{at}", monthly * term * upfront, "usd")
        cell(sheet, row, 12, existing, "number")

    def _hours(self) -> None:
        sheet = self.book.sheet("Hours", HOURS_HEADER, (5, 12, *(14,) * 13))
        steps = Steps("Steps", "A", "C", self.budget.covers)
        spot = Steps("Steps", "A", "D", self.budget.covers, spot=True)
        on_demand = Steps("Steps", "G", "I", self.budget.covers_on_demand)
        for number, (month, multiplier, share) in enumerate(self.hours, start=1):
            self._hour_row(sheet, number, month, multiplier, share, (steps, spot, on_demand))

    def _hour_row(
        self, sheet: Any, row: int, month: int, multiplier: float, share: float, steps: tuple[Rate, ...]
    ) -> None:
        at, last, cells = row + 1, len(self.months) + 1, self.cells[month]
        demand = self.budget.months[month].demand * multiplier
        wanted = float(-(-(demand - 1e-9) // 1)) if self.whole else demand
        left, bare = max(0.0, wanted - cells.committed_capacity), max(0.0, wanted - cells.existing_capacity)
        if self.budget.form == "fleets":
            steps = self._as_planned(month, wanted)
        rates = [steps[0].cost(left), steps[1].cost(left), steps[2].cost(bare)]
        weight = share * self.budget.hours_per_month * (1 + self.budget.request.price_change_per_year) ** (month / 12)
        drift = f"D{at}*hours_per_month*(1+price_change_per_year)^(A{at}/12)"
        book = self.book
        book.cell(sheet, row, 0, month, "number")
        book.cell(sheet, row, 1, self.months[month], "month")
        book.cell(sheet, row, 2, multiplier, "number", given=True)
        book.cell(sheet, row, 3, share, "number")
        formulas: list[tuple[str, float, str]] = [
            (f"=INDEX(Forecast!$C$2:$C${last},A{at}+1)*C{at}", demand, "number"),
            (f"=ROUNDUP(E{at}-0.000000001,0)" if self.whole else f"=E{at}", wanted, "number"),
            (f"=MAX(0,F{at}-INDEX(Forecast!$D$2:$D${last},A{at}+1))", left, "number"),
            (steps[0].formula(f"G{at}"), rates[0], "rate"),
            (steps[1].formula(f"G{at}"), rates[1], "rate"),
            (f"=MAX(0,F{at}-INDEX(Forecast!$E$2:$E${last},A{at}+1))", bare, "number"),
            (steps[2].formula(f"J{at}"), rates[2], "rate"),
            (f"=H{at}*{drift}", rates[0] * weight, "usd"),
            (f"=I{at}*{drift}", rates[1] * weight, "usd"),
            (f"=K{at}*{drift}", rates[2] * weight, "usd"),
            (f"=E{at}*D{at}", demand * share, "number"),
        ]
        for place, (formula, value, form) in enumerate(formulas, start=4):
            book.formula(sheet, row, place, formula, value, form)

    def _as_planned(self, month: int, wanted: float) -> tuple[Rate, ...]:
        """Return what an hour under limits costs at the prices of today: as planned, for no more than was planned."""
        found, usd = self.budget.months[month], {offer.offer: offer.usd_per_hour for offer in self.budget.offers}
        able = [plan for plan in found.hours if plan.amount >= wanted * (1 - 1e-9)]
        plan = min(able, key=lambda plan: plan.amount)
        rented, cells = plan.rented, self.cells[month]
        spot = sum(usd[name] * count for name, count in rented.items() if name.endswith("/spot"))
        drift = (1 + self.budget.request.price_change_per_year) ** (month / 12)
        held = sum(
            (one.usd_per_hour or usd[one.offer]) * one.count * self.budget.hours_per_month
            for one in self.budget.request.existing
            if month < one.months_left
        )
        bare = 0.0
        if found.usd_all_on_demand is not None:
            bare = (found.usd_all_on_demand - held) / self.budget.hours_per_month / drift
        beyond = max(0.0, plan.amount - cells.committed_capacity)
        whole = sum(usd[name] * count for name, count in rented.items())
        alone = max(0.0, plan.amount - cells.existing_capacity)
        return Fixed(whole, beyond), Fixed(spot, beyond), Fixed(bare, alone)

    def _steps(self) -> None:
        header = ("above", "up_to", "usd_per_hour", "spot_usd_per_hour", "instances", "",
                  "above, on demand only", "up_to", "usd_per_hour")  # fmt: skip
        sheet = self.book.sheet("Steps", header, (12, 12, 14, 18, 70, 4, 22, 12, 14))
        for first, covers in ((0, self.budget.covers), (6, self.budget.covers_on_demand)):
            below = 0.0
            for row, cover in enumerate(covers, start=1):
                self.book.cell(sheet, row, first, below, "number")
                self.book.cell(sheet, row, first + 1, cover.capacity, "number")
                self.book.cell(sheet, row, first + 2, cover.usd_per_hour, "rate")
                if first == 0:
                    text = " + ".join(f"{count} x {name}" for name, count in cover.instances.items())
                    self.book.cell(sheet, row, 3, cover.spot_usd_per_hour, "rate")
                    self.book.cell(sheet, row, 4, text)
                below = cover.capacity
