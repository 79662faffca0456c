package org.sambang.lapangan;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.Intent;
import android.graphics.Insets;
import android.os.Build;
import android.os.Bundle;
import android.view.HapticFeedbackConstants;
import android.view.View;
import android.view.WindowInsets;
import android.view.WindowInsetsController;
import android.view.WindowManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.kivy.android.PythonActivity;

/**
 * The window that Python draws in. Rule: nothing of it is ever in a screenshot, in the list of recent apps or
 * on a shared screen, and nothing is decided here: it only asks other activities and brings their answers.
 */
public class SambangActivity extends PythonActivity {
    private static final int FIRST_REQUEST = 0x5a00;
    private static final int REQUESTS = 0x100;
    private static volatile SambangActivity instance;

    private final Map<Integer, CompletableFuture<Intent>> asked = new HashMap<>();
    private final Map<Integer, CompletableFuture<Boolean>> permissions = new HashMap<>();
    private int requests;

    /** The one there is; null before it was created and after it is gone. */
    public static SambangActivity get() {
        return instance;
    }

    @Override
    protected void onCreate(Bundle savedInstanceState) {
        cover(this);
        instance = this;
        super.onCreate(savedInstanceState);
        stayBetweenBars();
    }

    /** Keep a window out of every picture of the screen; before its first frame. */
    static void cover(Activity activity) {
        activity.getWindow().addFlags(WindowManager.LayoutParams.FLAG_SECURE);
    }

    /** From Android 15 a window reaches below the system's bars: draw between them, as before. */
    private void stayBetweenBars() {
        if (Build.VERSION.SDK_INT < 35) return;
        View content = findViewById(android.R.id.content);
        content.setOnApplyWindowInsetsListener(
                (view, insets) -> {
                    Insets bars =
                            insets.getInsets(
                                    WindowInsets.Type.systemBars() | WindowInsets.Type.displayCutout());
                    view.setPadding(bars.left, bars.top, bars.right, bars.bottom);
                    return insets;
                });
    }

    /** Colour what is seen of the window behind the bars (ARGB), with icons that can be read on it. */
    public void paintBars(final int colour, final boolean dark) {
        runOnUiThread(
                () -> {
                    getWindow().getDecorView().setBackgroundColor(colour);
                    if (Build.VERSION.SDK_INT < 35) {
                        getWindow().setStatusBarColor(colour);
                        getWindow().setNavigationBarColor(colour);
                    }
                    if (Build.VERSION.SDK_INT < 30) return;
                    WindowInsetsController controller = getWindow().getInsetsController();
                    if (controller == null) return;
                    int icons =
                            WindowInsetsController.APPEARANCE_LIGHT_STATUS_BARS
                                    | WindowInsetsController.APPEARANCE_LIGHT_NAVIGATION_BARS;
                    controller.setSystemBarsAppearance(dark ? 0 : icons, icons);
                });
    }

    /** Let her feel that something was done, unless she switched that off for all apps. */
    public void nudge() {
        runOnUiThread(
                () -> getWindow().getDecorView().performHapticFeedback(HapticFeedbackConstants.LONG_PRESS));
    }

    /** Put the app away, as the home key does. */
    public void putAway() {
        runOnUiThread(() -> moveTaskToBack(true));
    }

    /**
     * Start another activity and wait for what it answers, in the calling thread, never the window's.
     * Returns null when nothing was chosen. Throws ActivityNotFoundException where nobody answers.
     */
    public Intent ask(final Intent intent) throws InterruptedException {
        final CompletableFuture<Intent> answer = new CompletableFuture<>();
        final int request;
        synchronized (asked) {
            request = next();
            asked.put(request, answer);
        }
        runOnUiThread(
                () -> {
                    try {
                        startActivityForResult(intent, request);
                    } catch (ActivityNotFoundException | SecurityException error) {
                        answer.completeExceptionally(error);
                    }
                });
        try {
            return answer.get();
        } catch (ExecutionException error) {
            throw (RuntimeException) error.getCause();
        } finally {
            synchronized (asked) {
                asked.remove(request);
            }
        }
    }

    /** Ask for permissions and wait until the question is answered; whether they were given is asked after. */
    public void askPermissions(final String[] names) throws InterruptedException {
        final CompletableFuture<Boolean> answer = new CompletableFuture<>();
        final int request;
        synchronized (asked) {
            request = next();
            permissions.put(request, answer);
        }
        runOnUiThread(() -> requestPermissions(names, request));
        try {
            answer.get();
        } catch (ExecutionException error) {
            throw (RuntimeException) error.getCause();
        } finally {
            synchronized (asked) {
                permissions.remove(request);
            }
        }
    }

    private int next() {
        requests = (requests + 1) % REQUESTS;
        return FIRST_REQUEST + requests;
    }

    @Override
    protected void onActivityResult(int request, int result, Intent data) {
        CompletableFuture<Intent> answer;
        synchronized (asked) {
            answer = asked.get(request);
        }
        if (answer == null) {
            super.onActivityResult(request, result, data);
        } else if (result != RESULT_OK) {
            answer.complete(null);
        } else {
            answer.complete(data == null ? new Intent() : data);
        }
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] names, int[] results) {
        CompletableFuture<Boolean> answer;
        synchronized (asked) {
            answer = permissions.get(request);
        }
        if (answer == null) {
            super.onRequestPermissionsResult(request, names, results);
        } else {
            answer.complete(true);
        }
    }

    @Override
    protected void onDestroy() {
        List<CompletableFuture<Intent>> open;
        List<CompletableFuture<Boolean>> questions;
        synchronized (asked) {
            open = new ArrayList<>(asked.values());
            questions = new ArrayList<>(permissions.values());
        }
        for (CompletableFuture<Intent> answer : open) answer.complete(null); // nobody waits for ever
        for (CompletableFuture<Boolean> answer : questions) answer.complete(false);
        instance = null;
        super.onDestroy();
    }
}
