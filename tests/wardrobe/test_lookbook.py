"""The README's picture shows garments as the site drapes them."""

from wardrobe import lookbook


def test_a_rendered_garment_is_draped_by_its_map(monkeypatch):
    given = []
    monkeypatch.setattr(lookbook, "drape", lambda photo, *rest, cloth_map: given.append(cloth_map) or photo)
    sheet = lookbook.lookbook((("coat", "striped:5"), ("coat", None)), columns=2)
    assert sheet.size == (2 * lookbook.WIDTH + lookbook.GAP, lookbook.HEIGHT)
    (cloth,) = given
    assert cloth.u.shape == (1600, 1200)
    assert cloth.valid.mean() > 0.15


def test_a_garment_without_a_map_has_none(tmp_path):
    assert lookbook.cloth_of(tmp_path) is None
