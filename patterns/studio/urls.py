from django.urls import path

from patterns.studio import shelf_views, views

TABLE = "<slug:category>/<slug:version>/"

# What was shown as JPEG once; of two routes of one name Django builds the address of the last.
EARLIER = [
    path(f"{TABLE}preview.jpg", views.preview, name="studio-preview"),
    path(f"{TABLE}mix/preview.jpg", views.mix_preview, name="studio-mix-preview"),
]
urlpatterns = [
    *EARLIER,
    path("", views.start, name="studio-start"),
    path("open", views.open_recipe, name="studio-open"),
    path("picture", views.start_from_picture, name="studio-picture"),
    path("fabrics/", shelf_views.my_fabrics, name="my-fabrics"),
    path("fabrics/<uuid:public_id>/", shelf_views.fabric, name="fabric"),
    path("fabrics/<uuid:public_id>/change", shelf_views.change_fabric, name="fabric-change"),
    path("collections/<uuid:public_id>/", shelf_views.collection, name="collection"),
    path("collections/<uuid:public_id>/change", shelf_views.change_collection, name="collection-change"),
    path("<slug:category>/", views.begin, name="studio-category"),
    path(TABLE, views.studio, name="studio"),
    path(f"{TABLE}preview.webp", views.preview, name="studio-preview"),
    path(f"{TABLE}tile.png", views.tile, name="studio-tile"),
    path(f"{TABLE}tile.webp", views.shown_tile, name="studio-shown"),
    path(f"{TABLE}inks.png", views.inks, name="studio-inks"),
    path(f"{TABLE}colours", views.colours, name="studio-colours"),
    path(f"{TABLE}save", shelf_views.save, name="studio-save"),
    path(f"{TABLE}mix/", views.mix, name="studio-mix"),
    path(f"{TABLE}mix/preview.webp", views.mix_preview, name="studio-mix-preview"),
    path(f"{TABLE}mix/loop.webp", views.mix_loop, name="studio-mix-loop"),
    path(f"{TABLE}print/", views.print_files, name="studio-print"),
    path(f"{TABLE}print/<slug:kind>", views.print_file, name="studio-print-file"),
]
