package org.sambang.lapangan;

import android.graphics.SurfaceTexture;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.params.StreamConfigurationMap;
import android.util.Size;

/** What a camera is like: its sizes, how it is turned, its lamp. Rule: it is asked here, and opened elsewhere. */
final class Lens {
    private static final int PREVIEW_AT_MOST = 1920;

    final String id;
    private final StreamConfigurationMap sizes;
    private final int sensorDegrees;
    private final boolean lamp;

    private Lens(String id, CameraCharacteristics about) {
        this.id = id;
        Integer degrees = about.get(CameraCharacteristics.SENSOR_ORIENTATION);
        sizes = about.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP);
        sensorDegrees = degrees == null ? 0 : degrees;
        lamp = Boolean.TRUE.equals(about.get(CameraCharacteristics.FLASH_INFO_AVAILABLE));
    }

    /** The camera at the back, or the first there is; null where there is none. */
    static Lens chosen(CameraManager manager) throws CameraAccessException {
        String first = null;
        for (String id : manager.getCameraIdList()) {
            CameraCharacteristics about = manager.getCameraCharacteristics(id);
            Integer facing = about.get(CameraCharacteristics.LENS_FACING);
            if (facing != null && facing == CameraCharacteristics.LENS_FACING_BACK) return new Lens(id, about);
            if (first == null) first = id;
        }
        return first == null ? null : new Lens(first, manager.getCameraCharacteristics(first));
    }

    /**
     * By how many degrees what it sees is to be turned clockwise to stand upright, 0 to 359. `rotation` is how the
     * screen is turned, one of Surface.ROTATION_*.
     */
    int turn(int rotation) {
        return (sensorDegrees - degrees(rotation) + 360) % 360;
    }

    boolean hasLight() {
        return lamp;
    }

    /** The largest picture of a format (ImageFormat.*) with no more dots than that, else the first it offers. */
    Size largest(int format, long most) {
        return largest(sizes.getOutputSizes(format), most);
    }

    /** The largest preview of the picture's shape, so that what is seen is what is taken. */
    Size previewOf(Size picture) {
        Size[] offered = sizes.getOutputSizes(SurfaceTexture.class);
        Size best = null;
        for (Size size : offered) {
            if (size.getWidth() > PREVIEW_AT_MOST) continue;
            boolean same = Math.abs(shape(size) - shape(picture)) < 0.02;
            if (same && (best == null || dots(size) > dots(best))) best = size;
        }
        return best == null ? largest(offered, 1_000_000L) : best;
    }

    static int degrees(int rotation) {
        return 90 * rotation; // ROTATION_0 to ROTATION_270 are 0 to 3
    }

    private static Size largest(Size[] offered, long most) {
        Size best = null;
        for (Size size : offered) {
            if (dots(size) <= most && (best == null || dots(size) > dots(best))) best = size;
        }
        return best == null ? offered[0] : best;
    }

    private static long dots(Size size) {
        return (long) size.getWidth() * size.getHeight();
    }

    private static double shape(Size size) {
        return (double) size.getWidth() / size.getHeight();
    }
}
