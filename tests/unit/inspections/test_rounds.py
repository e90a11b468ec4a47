from __future__ import annotations

import random

from services.inspections.domain.rounds import walking_order


def test_numbers_of_roads_floors_and_doors_are_walked_as_numbers() -> None:
    walk = [
        "榕荫路1号",
        "榕荫路2号九楼",
        "榕荫路2号十楼",
        "榕荫路2号十一楼２０１",
        "榕荫路2号十一楼1102",
        "榕荫路2号二十三楼",
        "榕荫路十二号",
        "榕荫路十十号",
    ]
    mixed = random.Random(7).sample(walk, len(walk))
    assert sorted(mixed, key=lambda each: walking_order("village/x", each)) == walk
    assert walking_order("village/a", "9") < walking_order("village/b", "1")
