from django.urls import path

from tryon import live_views, mend_views, photo_views, share_views, sheet_views, views

# What was shown as JPEG once, under the addresses that links and pages of then name. They stand first: of two routes of one name
# Django builds the address of the last.
EARLIER = [
    path("try/photo/<uuid:public_id>/preview.jpg", views.preview_photo, name="preview-photo"),
    path("try/stock/<slug:slug>/preview.jpg", views.preview_stock, name="preview-stock"),
    path("shared/<str:token>/picture.jpg", share_views.shared_picture, name="shared-picture"),
    path("shared/<str:token>/before.jpg", share_views.shared_before, name="shared-before"),
]
urlpatterns = [
    *EARLIER,
    path("", views.home, name="home"),
    path("clothes/", views.clothes, name="clothes"),
    path("catalogue/<path:name>", views.catalogue_picture, name="catalogue-picture"),
    path("photos/", views.upload_photo, name="upload-photo"),
    path("photos/mine/", photo_views.my_photos, name="my-photos"),
    path("photos/<uuid:public_id>/stay", photo_views.choose_stay, name="photo-stay"),
    path("photos/<uuid:public_id>/image", views.photo_image, name="photo-image"),
    path("photos/<uuid:public_id>/thumbnail", views.photo_thumbnail, name="photo-thumbnail"),
    path("photos/<uuid:public_id>/delete", views.delete_photo, name="delete-photo"),
    path("try/photo/<uuid:public_id>/", views.try_photo, name="try-photo"),
    path("try/photo/<uuid:public_id>/preview.webp", views.preview_photo, name="preview-photo"),
    path("try/photo/<uuid:public_id>/sheet/", sheet_views.sheet_photo, name="sheet-photo"),
    path("try/photo/<uuid:public_id>/live", live_views.live_photo, name="live-photo"),
    path("try/photo/<uuid:public_id>/keep", views.keep_photo, name="keep-photo"),
    path("try/photo/<uuid:public_id>/mend/", mend_views.mend_photo, name="mend-photo"),
    path("try/photo/<uuid:public_id>/person", mend_views.choose_person, name="choose-person-photo"),
    path("try/stock/<slug:slug>/", views.try_stock, name="try-stock"),
    path("try/stock/<slug:slug>/preview.webp", views.preview_stock, name="preview-stock"),
    path("try/stock/<slug:slug>/sheet/", sheet_views.sheet_stock, name="sheet-stock"),
    path("try/stock/<slug:slug>/live", live_views.live_stock, name="live-stock"),
    path("try/stock/<slug:slug>/keep", views.keep_stock, name="keep-stock"),
    path("try/fabric.json", live_views.live_fabric, name="live-fabric"),
    path("results/", views.results, name="results"),
    path("results/<uuid:public_id>/", views.result, name="result"),
    path("results/<uuid:public_id>/image", views.result_image, name="result-image"),
    path("results/<uuid:public_id>/thumbnail", views.result_thumbnail, name="result-thumbnail"),
    path("results/<uuid:public_id>/download.png", views.download_png, name="download-png"),
    path("results/<uuid:public_id>/download.jpg", views.download_jpeg, name="download-jpeg"),
    path("results/<uuid:public_id>/fabric.png", views.download_fabric, name="download-fabric"),
    path("results/<uuid:public_id>/delete", views.delete_result, name="delete-result"),
    path("results/<uuid:public_id>/share", share_views.make_link, name="result-share"),
    path("results/<uuid:public_id>/share/<uuid:key>/end", share_views.end_link, name="result-share-end"),
    path("shared/<str:token>/", share_views.shared, name="shared"),
    path("shared/<str:token>/picture.webp", share_views.shared_picture, name="shared-picture"),
    path("shared/<str:token>/before.webp", share_views.shared_before, name="shared-before"),
]
