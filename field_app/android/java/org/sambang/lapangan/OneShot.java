package org.sambang.lapangan;

import android.app.Activity;
import android.content.Context;
import android.graphics.ImageFormat;
import android.graphics.Matrix;
import android.graphics.RectF;
import android.graphics.SurfaceTexture;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCaptureSession;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.CaptureFailure;
import android.hardware.camera2.CaptureRequest;
import android.media.Image;
import android.media.ImageReader;
import android.os.Handler;
import android.os.Looper;
import android.util.Size;
import android.view.Surface;
import android.view.TextureView;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** One camera, its preview and one picture. Rule: all on the main thread; whatever goes wrong is told once. */
final class OneShot implements TextureView.SurfaceTextureListener {
    /** What is told of it; nothing more after a picture or a breakdown. */
    interface Listener {
        void onReady();

        void onPicture(byte[] jpeg);

        void onBroken();
    }

    /** A picture of more dots is only made smaller again afterwards. */
    private static final long MOST_DOTS = 13_000_000L;

    private final Activity activity;
    private final TextureView preview;
    private final Listener listener;
    private final Handler handler = new Handler(Looper.getMainLooper());
    private CameraDevice device;
    private CameraCaptureSession session;
    private ImageReader reader;
    private Surface surface;
    private Size previewSize;
    private Lens lens;
    private boolean over;

    OneShot(Activity activity, TextureView preview, Listener listener) {
        this.activity = activity;
        this.preview = preview;
        this.listener = listener;
    }

    /** Open the camera at the back, or the first there is, as soon as there is something to draw on. */
    void open() {
        if (preview.isAvailable()) {
            openCamera();
        } else {
            preview.setSurfaceTextureListener(this);
        }
    }

    /** Let go of the camera; whoever opens it again makes another of these. */
    void close() {
        over = true;
        preview.setSurfaceTextureListener(null);
        if (session != null) session.close();
        if (device != null) device.close();
        if (reader != null) reader.close();
        if (surface != null) surface.release();
        session = null;
        device = null;
        reader = null;
        surface = null;
    }

    /** Take the picture. `rotation` is how the screen is turned, one of Surface.ROTATION_*. */
    void shoot(int rotation) {
        if (session == null) return;
        try {
            CaptureRequest.Builder request = device.createCaptureRequest(CameraDevice.TEMPLATE_STILL_CAPTURE);
            request.addTarget(reader.getSurface());
            request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE);
            request.set(CaptureRequest.JPEG_ORIENTATION, lens.turn(rotation));
            request.set(CaptureRequest.JPEG_QUALITY, (byte) 95);
            session.capture(request.build(), new Failures(), handler);
        } catch (CameraAccessException | IllegalStateException error) {
            broken();
        }
    }

    private void openCamera() {
        CameraManager manager = (CameraManager) activity.getSystemService(Context.CAMERA_SERVICE);
        try {
            lens = Lens.chosen(manager);
            if (lens == null) {
                broken();
                return;
            }
            Size picture = lens.largest(ImageFormat.JPEG, MOST_DOTS);
            previewSize = lens.previewOf(picture);
            reader = ImageReader.newInstance(picture.getWidth(), picture.getHeight(), ImageFormat.JPEG, 1);
            reader.setOnImageAvailableListener(this::pictured, handler);
            manager.openCamera(lens.id, new Opening(), handler);
        } catch (CameraAccessException | SecurityException | IllegalArgumentException error) {
            broken();
        }
    }

    private void begin() {
        SurfaceTexture texture = preview.getSurfaceTexture();
        if (over || texture == null) return;
        texture.setDefaultBufferSize(previewSize.getWidth(), previewSize.getHeight());
        fit();
        surface = new Surface(texture);
        try {
            device.createCaptureSession(Arrays.asList(surface, reader.getSurface()), new Beginning(), handler);
        } catch (CameraAccessException | IllegalStateException error) {
            broken();
        }
    }

    /** Show the preview in its own shape, as large as fits; the view would stretch it. */
    private void fit() {
        int rotation = activity.getWindowManager().getDefaultDisplay().getRotation();
        boolean upright = lens.turn(rotation) % 180 == 90;
        float width = upright ? previewSize.getHeight() : previewSize.getWidth();
        float height = upright ? previewSize.getWidth() : previewSize.getHeight();
        RectF view = new RectF(0, 0, preview.getWidth(), preview.getHeight());
        float scale = Math.min(view.width() / width, view.height() / height);
        Matrix matrix = new Matrix();
        matrix.setScale(
                width * scale / view.width(), height * scale / view.height(), view.centerX(), view.centerY());
        if (rotation != Surface.ROTATION_0) {
            matrix.postRotate(-Lens.degrees(rotation), view.centerX(), view.centerY());
        }
        preview.setTransform(matrix);
    }

    private void look() {
        try {
            CaptureRequest.Builder request = device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW);
            request.addTarget(surface);
            request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE);
            session.setRepeatingRequest(request.build(), null, handler);
            listener.onReady();
        } catch (CameraAccessException | IllegalStateException error) {
            broken();
        }
    }

    private void pictured(ImageReader from) {
        byte[] jpeg;
        try (Image image = from.acquireLatestImage()) {
            if (image == null || over) return;
            ByteBuffer bytes = image.getPlanes()[0].getBuffer();
            jpeg = new byte[bytes.remaining()];
            bytes.get(jpeg);
        }
        over = true;
        listener.onPicture(jpeg);
    }

    private void broken() {
        if (over) return;
        over = true;
        listener.onBroken();
    }

    @Override
    public void onSurfaceTextureAvailable(SurfaceTexture texture, int width, int height) {
        openCamera();
    }

    @Override
    public void onSurfaceTextureSizeChanged(SurfaceTexture texture, int width, int height) {
        if (previewSize != null) fit();
    }

    @Override
    public boolean onSurfaceTextureDestroyed(SurfaceTexture texture) {
        return true;
    }

    @Override
    public void onSurfaceTextureUpdated(SurfaceTexture texture) {}

    private final class Opening extends CameraDevice.StateCallback {
        @Override
        public void onOpened(CameraDevice opened) {
            if (over) {
                opened.close(); // it was let go of while it opened
                return;
            }
            device = opened;
            begin();
        }

        @Override
        public void onDisconnected(CameraDevice gone) {
            gone.close();
            broken();
        }

        @Override
        public void onError(CameraDevice failed, int code) {
            failed.close();
            broken();
        }
    }

    private final class Beginning extends CameraCaptureSession.StateCallback {
        @Override
        public void onConfigured(CameraCaptureSession configured) {
            if (over) return;
            session = configured;
            look();
        }

        @Override
        public void onConfigureFailed(CameraCaptureSession failed) {
            broken();
        }
    }

    private final class Failures extends CameraCaptureSession.CaptureCallback {
        @Override
        public void onCaptureFailed(CameraCaptureSession from, CaptureRequest request, CaptureFailure failure) {
            broken();
        }
    }
}
