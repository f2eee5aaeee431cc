"""Who works during the load test: Locust reads this file in an environment without Django.

What they need to know is in the file that LOAD_PEOPLE names, made by `bench.loading`.
"""

import json
import os
import random
import re
import uuid
from pathlib import Path

from locust import HttpUser, between, task

PEOPLE = json.loads(Path(os.environ["LOAD_PEOPLE"]).read_text())
# What a proxy in front of the server would add.
PROXIED = {"X-Forwarded-Proto": "https", "Host": "saihan.example"}
STATES = ("filed", "handling", "resolved", "closed")
DOABLE = ("accept", "resolve", "pass_check")  # what brings a case forward and needs no choice
SOMEBODY_WAS_FASTER = (403, 404, 409)
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|opened|key)" value="([^"]*)"')


class Worker(HttpUser):
    """Has a post, and looks, files and acts all day, by the pages and by the API."""

    weight = 9
    wait_time = between(2, 6)

    def on_start(self) -> None:
        self.person = random.choice(PEOPLE["workers"])
        self.client.headers.update(PROXIED)
        self.token = {"Authorization": f"Token {self.person['token']}"}
        self.session = {"Cookie": f"sessionid={self.person['session']}"}

    @task(3)
    def workbench(self) -> None:
        self.client.get("/", headers=self.session, name="page: workbench")

    @task(3)
    def event_list(self) -> None:
        address = f"/events/?status={random.choice(STATES)}&page={random.randint(1, 5)}"
        self.client.get(address, headers=self.session, name="page: event list")

    @task(2)
    def api_list(self) -> None:
        address = f"/api/v1/events/?status={random.choice(STATES)}"
        self.client.get(address, headers=self.token, name="API: event list")

    @task(3)
    def file(self) -> None:
        body = {
            "category": random.choice(PEOPLE["categories"]),
            "grid": random.choice(self.person["grids"]),
            "title": "楼道灯不亮，请派人处理",
            "address": f"{random.randint(1, 30)}层",
        }
        headers = self.token | {"Idempotency-Key": uuid.uuid4().hex}
        self.client.post("/api/v1/events/", json=body, headers=headers, name="API: file")

    @task(4)
    def act(self) -> None:
        address = f"/api/v1/events/?status={random.choice(STATES[:3])}&page_size=20"
        found = self.client.get(address, headers=self.token, name="API: event list, for one to act on")
        if not found.ok or not (events := found.json()["results"]):
            return
        path = f"/api/v1/events/{random.choice(events)['number']}/"
        seen = self.client.get(path, headers=self.token, name="API: one case")
        if not seen.ok:
            return
        case = seen.json()
        action = next((name for name in DOABLE if name in case["actions"]), "comment")
        body = {
            "action": action,
            "version": case["version"],
            "note": "已查看，情况属实",
            "checklist": case["checklist"],
        }
        with self.client.post(
            f"{path}actions/", json=body, headers=self.token, name=f"API: {action}", catch_response=True
        ) as answer:
            if answer.status_code in SOMEBODY_WAS_FASTER and "code" in answer.json():
                answer.success()  # told in a sentence, as it should be


class Resident(HttpUser):
    """Without an account: opens the page of a community, writes, and sends; from an address of their own."""

    weight = 1
    wait_time = between(5, 10)

    def on_start(self) -> None:
        self.client.headers.update(PROXIED)

    @task
    def report(self) -> None:
        # Each report is of another person, and comes from another address.
        source = {"X-Forwarded-For": ".".join(["10", *(str(random.randint(1, 254)) for _n in range(3))])}
        path = f"/g/{random.choice(PEOPLE['communities'])}/report/"
        page = self.client.get(path, headers=source, name="public: reporting page")
        if not page.ok:
            return
        self.wait()  # nobody writes in less than three seconds, and the page takes none who does for a person
        given = dict(HIDDEN.findall(page.text)) | {"category": "", "text": "楼下路灯坏了两天，晚上看不见路。"}
        cookie = {"Cookie": f"csrftoken={page.cookies['csrftoken']}", "Referer": "https://saihan.example/"}
        self.client.post(path, data=given, headers=source | cookie, name="public: report", allow_redirects=False)
