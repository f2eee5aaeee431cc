from grids import access


def test_ranges_of_the_worker(cast):
    tree = cast.tree
    assert access.ranges(cast.worker) == [
        (tree.building.lft, tree.building.rght),
        (tree.second_building.lft, tree.second_building.rght),
    ]
