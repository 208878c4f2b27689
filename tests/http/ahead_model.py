"""What is sold before it is there, as a model: of one unit how many pieces may wait at once, and who
waits for them. Who came first is served first, so those who have nothing yet are the last ones."""
from collections import namedtuple

# Pieces of a unit that a line of an order was sold ahead, so many in each of the line.
Claim = namedtuple("Claim", "order line each pieces")


class Ahead:
    """allowed: how many may wait, and do or could; shelf: where pieces last came from."""

    def __init__(self):
        self.allowed, self.shelf, self.queue = 0, None, []
        self.pieces, self.dated, self.arrived = 0, False, 0

    def set(self, setting):
        """As a product has it; None: nothing more."""
        self.pieces = setting["pieces"] if setting else 0
        if setting:
            self.dated, self.arrived = "date" in setting, 0

    def room(self):
        """How many may wait, however many do. Of what was announced for a day, what has come is no
        longer to come."""
        return max(0, self.pieces - self.arrived if self.dated else self.pieces)

    def forget(self, order):
        self.queue = [claim for claim in self.queue if claim.order != order]

    def waiting(self, owed):
        """[(claim, pieces yet to come)], the last ones first, where so many in all have not come."""
        found = []
        for claim in reversed(self.queue):
            pieces = min(claim.pieces, owed)
            found.append((claim, pieces))
            owed -= pieces
        return found
