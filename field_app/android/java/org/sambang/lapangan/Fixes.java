package org.sambang.lapangan;

import android.location.Location;
import android.location.LocationListener;
import android.location.LocationManager;
import android.os.Bundle;
import android.os.Looper;
import java.util.HashMap;
import java.util.Map;

/** Listens to where the phone is. Rule: it keeps the newest fix of each provider, and judges none. */
public final class Fixes implements LocationListener {
    private static final long EVERY_MS = 1000;

    private final LocationManager manager;
    private final Map<String, Location> newest = new HashMap<>();

    public Fixes(LocationManager manager) {
        this.manager = manager;
    }

    /** Listen to one provider. Throws SecurityException without the permission. */
    public void listen(String provider) {
        manager.requestLocationUpdates(provider, EVERY_MS, 0f, this, Looper.getMainLooper());
    }

    /** Listen to none any more. */
    public void end() {
        manager.removeUpdates(this);
    }

    /** The newest fix of a provider since it was listened to, null without one. */
    public synchronized Location of(String provider) {
        return newest.get(provider);
    }

    /** Wait until any provider has said something, at most so long. */
    public synchronized void waitForFirst(long milliseconds) throws InterruptedException {
        if (newest.isEmpty()) wait(milliseconds);
    }

    @Override
    public synchronized void onLocationChanged(Location location) {
        newest.put(location.getProvider(), location);
        notifyAll();
    }

    // older Androids call these, and have no default for them

    @Override
    public void onStatusChanged(String provider, int status, Bundle extras) {}

    @Override
    public void onProviderEnabled(String provider) {}

    @Override
    public void onProviderDisabled(String provider) {}
}
