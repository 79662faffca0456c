package org.sambang.lapangan;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.content.pm.ServiceInfo;
import android.os.Build;
import android.os.IBinder;

/**
 * Keeps the process alive while photos are sent, and says so. Rule: it sends nothing itself and holds no key: the
 * worker of this very process does, and ends it.
 */
public final class SendingService extends Service {
    private static final String CHANNEL = "kirim";
    private static final String TITLE = "judul";
    private static final String NAME = "saluran";
    private static final int NOTIFICATION = 1;

    // one that is ended before it came up must still come up: Android ends the whole process otherwise
    private static volatile boolean wanted;
    private static volatile boolean up;

    /** Begin; throws IllegalStateException where Android allows no start now, as when the app is not in front. */
    public static void begin(Context context, String name, String title) {
        Intent intent = new Intent(context, SendingService.class).putExtra(NAME, name).putExtra(TITLE, title);
        wanted = true;
        if (Build.VERSION.SDK_INT >= 26) {
            context.startForegroundService(intent);
        } else {
            context.startService(intent);
        }
    }

    /** End. */
    public static void end(Context context) {
        wanted = false;
        if (up) context.stopService(new Intent(context, SendingService.class));
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        String title = intent.getStringExtra(TITLE);
        Notification.Builder builder;
        if (Build.VERSION.SDK_INT >= 26) {
            NotificationChannel channel =
                    new NotificationChannel(
                            CHANNEL, intent.getStringExtra(NAME), NotificationManager.IMPORTANCE_LOW);
            getSystemService(NotificationManager.class).createNotificationChannel(channel);
            builder = new Notification.Builder(this, CHANNEL);
        } else {
            builder = new Notification.Builder(this);
        }
        Intent open = new Intent(this, SambangActivity.class).addFlags(Intent.FLAG_ACTIVITY_SINGLE_TOP);
        Notification notification =
                builder.setSmallIcon(android.R.drawable.stat_sys_upload)
                        .setContentTitle(title)
                        .setContentIntent(PendingIntent.getActivity(this, 0, open, PendingIntent.FLAG_IMMUTABLE))
                        .setOngoing(true)
                        .build();
        if (Build.VERSION.SDK_INT >= 29) {
            startForeground(NOTIFICATION, notification, ServiceInfo.FOREGROUND_SERVICE_TYPE_DATA_SYNC);
        } else {
            startForeground(NOTIFICATION, notification);
        }
        up = true;
        if (!wanted) stopSelf();
        return START_NOT_STICKY; // without its process there is nothing to keep alive
    }

    /** From Android 15, after six hours of a day: the upload goes on when the app is in front again. */
    public void onTimeout(int id, int type) {
        stopSelf();
    }

    @Override
    public void onDestroy() {
        up = false;
        super.onDestroy();
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }
}
