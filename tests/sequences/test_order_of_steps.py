"""The list of steps with its branches, whatever is added, moved or removed."""

from hypothesis import given
from hypothesis import strategies as st

from campaigns.sequences.tree import NO, YES, Node, Tree


def tree() -> Tree:
    return Tree(
        [
            Node(1, position=0),
            Node(2, position=1),
            Node(3, parent=2, branch=YES, position=0),
            Node(4, parent=2, branch=YES, position=1),
            Node(5, parent=2, branch=NO, position=0),
            Node(6, position=2),
        ]
    )


def test_a_list_is_walked_in_order():
    assert tree().first() == 1
    assert tree().after(1) == 2
    assert tree().after(6) is None


def test_a_branch_leads_into_its_list_and_both_lists_meet_behind_it():
    assert tree().after(2, YES) == 3
    assert tree().after(3) == 4
    assert tree().after(4) == 6
    assert tree().after(2, NO) == 5
    assert tree().after(5) == 6


def test_an_empty_list_of_a_branch_leads_past_it():
    branch = Tree([Node(1), Node(2, parent=1, branch=YES), Node(3, position=1)])

    assert branch.after(1, NO) == 3


def test_who_stands_on_a_removed_step_goes_on_with_the_next():
    steps = Tree([Node(1), Node(2, position=1, removed=True), Node(3, position=2)])

    assert steps.after(1) == 3
    assert steps.after(2) == 3


def test_who_stands_inside_a_removed_branch_goes_on_behind_it():
    steps = Tree(
        [
            Node(1, removed=True),
            Node(2, parent=1, branch=YES, removed=True),
            Node(3, parent=1, branch=YES, position=1, removed=True),
            Node(4, position=1),
        ]
    )

    assert steps.after(2) == 4


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    nodes: list[Node] = []
    for id in range(1, draw(st.integers(1, 12)) + 1):
        above = draw(st.sampled_from([None, *[node.id for node in nodes]]))
        branch = draw(st.sampled_from([YES, NO])) if above else ""
        gone = draw(st.booleans()) or any(n.removed for n in nodes if n.id == above)
        nodes.append(Node(id, above, branch, draw(st.integers(0, 3)), removed=gone))
    return Tree(nodes)


@given(trees(), st.randoms(use_true_random=False))
def test_every_walk_ends_and_meets_no_step_twice_nor_a_removed_one(steps, rng):
    here, seen = steps.first(), []
    while here is not None:
        seen.append(here)
        assert len(seen) <= len(steps.nodes)
        here = steps.after(here, rng.choice([YES, NO]))

    order = [node.id for node in steps.walk()]
    assert len(set(seen)) == len(seen)
    assert [order.index(id) for id in seen] == sorted(order.index(id) for id in seen)


@given(trees())
def test_wherever_a_lead_stands_the_way_on_is_shorter_than_the_tree(steps):
    for id in steps.nodes:
        here, count = steps.after(id), 0
        while here is not None:
            assert not steps.nodes[here].removed
            here, count = steps.after(here), count + 1
        assert count <= len(steps.nodes)
