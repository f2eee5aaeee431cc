"""Made-up organisations of the complete street: every name says so, and no telephone has such a number."""

from django.contrib.auth.hashers import make_password

from events.demo.places import COMMUNITY, STREET
from grids import services
from grids.models import Grid, Level, Organisation, OrganisationKind, User

# Name, kind, address, what it offers, and who represents it where cases can be assigned to it.
Row = tuple[str, OrganisationKind, str, set[str], tuple[str, ...]]

OF_THE_STREET: tuple[Row, ...] = (
    ("街道办事处便民服务大厅（示例）", OrganisationKind.GOVERNMENT_OFFICE, "人民路示例段 1 号", {"public"}, ()),
    ("司法所（示例）", OrganisationKind.GOVERNMENT_OFFICE, "人民路示例段 3 号", {"public"}, ()),
    ("市场监管所（示例）", OrganisationKind.GOVERNMENT_OFFICE, "人民路示例段 5 号", {"public"}, ("白音",)),
    ("派出所（示例）", OrganisationKind.POLICE_STATION, "人民路示例段 7 号", {"public"}, ()),
    ("暖心社工中心（示例）", OrganisationKind.SOCIAL_ORGANISATION, "人民路示例段 9 号", {"social", "volunteer"}, ()),
    ("第一示例小学", OrganisationKind.RESIDENT_UNIT, "人民路示例段 11 号", {"social"}, ()),
)  # fmt: skip
OF_A_COMMUNITY: tuple[Row, ...] = (
    ("便民服务站（示例）", OrganisationKind.GOVERNMENT_OFFICE, "社区院内一层", {"public"}, ()),
    ("警务室（示例）", OrganisationKind.POLICE_ROOM, "社区院内一层东侧", {"public"}, ()),
    ("安居物业服务中心（示例）", OrganisationKind.PROPERTY_COMPANY, "小区南门", {"market"}, ()),
    ("业主委员会（示例）", OrganisationKind.OWNERS_COMMITTEE, "小区活动室", set(), ()),
)
# Where the accounts work the property company takes cases.
AT_HOME = {OrganisationKind.PROPERTY_COMPANY: ("温都苏", "刘爱民")}


def found_organisations() -> None:
    """Create the organisations of the street and of each of its communities, and those who represent them."""
    street = Grid.objects.get(code=STREET)
    number = 0
    for row in OF_THE_STREET:
        number += 1
        _found(street, row, number)
    for community in Grid.objects.filter(level=Level.COMMUNITY, code__startswith=STREET).order_by("code"):
        name = community.name.removesuffix("居委会")
        for title, kind, address, offers, people in OF_A_COMMUNITY:
            number += 1
            if community.code == COMMUNITY:
                people = AT_HOME.get(kind, people)
            _found(community, (name + title, kind, address, offers, people), number)


def _found(grid: Grid, row: Row, number: int) -> Organisation:
    name, kind, address, offers, people = row
    return services.create_organisation(
        actor=None,
        grid=grid,
        name=name,
        kind=kind,
        address=address,
        phone=f"0471-0000{number:03d}",
        offers_public="public" in offers,
        offers_social="social" in offers,
        offers_market="market" in offers,
        offers_volunteer="volunteer" in offers,
        is_joint=bool(people),
        representatives=[_representative(person, number, place) for place, person in enumerate(people, start=1)],
        is_demo=True,
    )


def _representative(name: str, organisation: int, place: int) -> User:
    """Without a post, and without a password as all but the accounts."""
    username = f"representative-{organisation:03d}-{place}"
    return User.objects.create(username=username, name=name, password=make_password(None))
