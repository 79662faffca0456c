package org.sambang.lapangan;

import android.app.Activity;
import android.content.Context;
import android.graphics.ImageFormat;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCaptureSession;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.CaptureRequest;
import android.media.Image;
import android.media.ImageReader;
import android.os.Handler;
import android.os.HandlerThread;
import android.util.Size;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The camera's frames without colours, the newest one only. Rule: a frame is kept until it is taken or the next
 * one comes, and nothing of it is drawn or written here. All of the camera is on a thread of its own.
 */
public final class Viewfinder {
    /** A frame of more dots takes longer to read, and no code on a paper needs it. */
    private static final long MOST_DOTS = 1_000_000L;

    private final Activity activity;
    private final CountDownLatch begun = new CountDownLatch(1);
    private HandlerThread thread;
    private Handler handler;
    private CameraDevice device;
    private CameraCaptureSession session;
    private ImageReader reader;
    private Size size = new Size(1, 1);
    private int turn;
    private boolean lamp;
    private boolean lit;
    private boolean over;
    private byte[] newest;

    public Viewfinder(Activity activity) {
        this.activity = activity;
    }

    /** Open the camera at the back, or the first there is; wait at most so long, and say whether it opened. */
    public boolean open(long milliseconds) throws InterruptedException {
        synchronized (this) {
            thread = new HandlerThread("pindai");
            thread.start();
            handler = new Handler(thread.getLooper());
        }
        handler.post(this::openCamera);
        return begun.await(milliseconds, TimeUnit.MILLISECONDS) && isOpen();
    }

    /** The newest frame that was not taken yet, a byte for each dot from the top; null when there is none. */
    public synchronized byte[] take() {
        byte[] taken = newest;
        newest = null;
        return taken;
    }

    public synchronized int getWidth() {
        return size.getWidth();
    }

    public synchronized int getHeight() {
        return size.getHeight();
    }

    /** By how many degrees a frame is to be turned clockwise to stand upright. */
    public synchronized int getTurn() {
        return turn;
    }

    public synchronized boolean hasLight() {
        return lamp;
    }

    public synchronized void light(boolean on) {
        lit = on;
        if (!over && handler != null) handler.post(this::look);
    }

    /** Let go of the camera; whoever opens it again makes another of these. */
    public synchronized void close() {
        over = true;
        newest = null;
        if (session != null) session.close();
        if (device != null) device.close();
        if (reader != null) reader.close();
        if (thread != null) thread.quitSafely();
        session = null;
        device = null;
        reader = null;
        begun.countDown();
    }

    private synchronized boolean isOpen() {
        return session != null && !over;
    }

    private synchronized void openCamera() {
        if (over) return;
        CameraManager manager = (CameraManager) activity.getSystemService(Context.CAMERA_SERVICE);
        try {
            Lens lens = Lens.chosen(manager);
            if (lens == null) {
                close();
                return;
            }
            turn = lens.turn(activity.getWindowManager().getDefaultDisplay().getRotation());
            lamp = lens.hasLight();
            size = lens.largest(ImageFormat.YUV_420_888, MOST_DOTS);
            reader = ImageReader.newInstance(size.getWidth(), size.getHeight(), ImageFormat.YUV_420_888, 2);
            reader.setOnImageAvailableListener(this::keep, handler);
            manager.openCamera(lens.id, new Opening(), handler);
        } catch (CameraAccessException | SecurityException | IllegalArgumentException error) {
            close();
        }
    }

    private synchronized void begin(CameraDevice opened) {
        if (over) {
            opened.close(); // it was let go of while it opened
            return;
        }
        device = opened;
        try {
            device.createCaptureSession(
                    Collections.singletonList(reader.getSurface()), new Beginning(), handler);
        } catch (CameraAccessException | IllegalStateException error) {
            close();
        }
    }

    private synchronized void look() {
        if (over || session == null) return;
        try {
            CaptureRequest.Builder request = device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW);
            request.addTarget(reader.getSurface());
            request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE);
            request.set(
                    CaptureRequest.FLASH_MODE,
                    lit ? CaptureRequest.FLASH_MODE_TORCH : CaptureRequest.FLASH_MODE_OFF);
            session.setRepeatingRequest(request.build(), null, handler);
            begun.countDown();
        } catch (CameraAccessException | IllegalStateException error) {
            close();
        }
    }

    /** The first plane is how bright each dot is; its rows may be longer than they are wide. */
    private synchronized void keep(ImageReader from) {
        if (over) return;
        try (Image image = from.acquireLatestImage()) {
            if (image == null) return;
            Image.Plane plane = image.getPlanes()[0];
            ByteBuffer bytes = plane.getBuffer();
            int width = size.getWidth();
            int height = size.getHeight();
            byte[] dots = newest != null ? newest : new byte[width * height]; // most are taken by nobody
            for (int row = 0; row < height; row++) {
                bytes.position(row * plane.getRowStride());
                bytes.get(dots, row * width, width);
            }
            newest = dots;
        }
    }

    private final class Opening extends CameraDevice.StateCallback {
        @Override
        public void onOpened(CameraDevice opened) {
            begin(opened);
        }

        @Override
        public void onDisconnected(CameraDevice gone) {
            gone.close();
            close();
        }

        @Override
        public void onError(CameraDevice failed, int code) {
            failed.close();
            close();
        }
    }

    private final class Beginning extends CameraCaptureSession.StateCallback {
        @Override
        public void onConfigured(CameraCaptureSession configured) {
            synchronized (Viewfinder.this) {
                if (over) return;
                session = configured;
            }
            look();
        }

        @Override
        public void onConfigureFailed(CameraCaptureSession failed) {
            close();
        }
    }
}
