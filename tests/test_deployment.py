"""What goes to production holds together."""

from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent


def test_the_image_holds_every_app() -> None:
    ours = {config.name for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    let_through = (ROOT / ".dockerignore").read_text().splitlines()

    assert "diip" in ours
    assert {app for app in ours if f"!{app}" not in let_through} == set()


def test_the_proxy_overwrites_what_clients_claim() -> None:
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()

    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "$proxy_add_x_forwarded_for" not in nginx
    assert "client_max_body_size 2m;" in nginx
