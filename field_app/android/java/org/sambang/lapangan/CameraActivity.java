package org.sambang.lapangan;

import android.app.Activity;
import android.graphics.Color;
import android.os.Bundle;
import android.util.TypedValue;
import android.view.Gravity;
import android.view.TextureView;
import android.view.View;
import android.view.WindowManager;
import android.widget.Button;
import android.widget.FrameLayout;
import android.widget.TextView;

/**
 * Looks through the camera and takes one picture. Rule: the picture is in memory only, is handed over once and
 * forgotten; no file, no gallery, no other app ever sees it.
 */
public final class CameraActivity extends Activity implements OneShot.Listener {
    public static final String SHUTTER = "jepret";
    public static final String CANCEL = "batal";
    /** Width by height of a paper whose frame is shown, as a decimal number, and what is said above it. */
    public static final String SHAPE = "bentuk";
    public static final String ADVICE = "petunjuk";
    private static final int EDGE_DP = 24;
    private static final int BUTTON_DP = 72;
    private static final int ADVICE_DP = 72;
    private static final int ADVICE_SP = 18;

    private static byte[] picture;

    private OneShot shot;
    private TextureView preview;
    private Button shutter;

    /** The picture that was taken, once; null when there is none. */
    public static synchronized byte[] take() {
        byte[] taken = picture;
        picture = null;
        return taken;
    }

    private static synchronized void keep(byte[] taken) {
        picture = taken;
    }

    @Override
    protected void onCreate(Bundle savedInstanceState) {
        SambangActivity.cover(this);
        super.onCreate(savedInstanceState);
        keep(null);
        getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        setResult(RESULT_CANCELED);
        setContentView(build());
    }

    private View build() {
        FrameLayout frame = new FrameLayout(this);
        frame.setBackgroundColor(Color.BLACK);
        preview = new TextureView(this);
        frame.addView(preview);
        String shape = getIntent().getStringExtra(SHAPE);
        if (shape != null) {
            addGuide(frame, Float.parseFloat(shape));
        }
        shutter = button(getIntent().getStringExtra(SHUTTER), Gravity.BOTTOM | Gravity.CENTER_HORIZONTAL);
        shutter.setEnabled(false);
        shutter.setOnClickListener(
                view -> {
                    shutter.setEnabled(false);
                    shot.shoot(getWindowManager().getDefaultDisplay().getRotation());
                });
        Button cancel = button(getIntent().getStringExtra(CANCEL), Gravity.BOTTOM | Gravity.START);
        cancel.setOnClickListener(view -> finish());
        frame.addView(shutter);
        frame.addView(cancel);
        frame.setOnApplyWindowInsetsListener(
                (view, insets) -> {
                    view.setPadding(0, insets.getSystemWindowInsetTop(), 0, insets.getSystemWindowInsetBottom());
                    return insets;
                });
        return frame;
    }

    private void addGuide(FrameLayout frame, float shape) {
        float density = getResources().getDisplayMetrics().density;
        int edge = Math.round(EDGE_DP * density);
        TextView advice = new TextView(this);
        advice.setText(getIntent().getStringExtra(ADVICE));
        advice.setTextColor(Color.WHITE);
        advice.setTextSize(TypedValue.COMPLEX_UNIT_SP, ADVICE_SP);
        advice.setGravity(Gravity.CENTER);
        advice.setPadding(edge, edge, edge, edge);
        int below = Math.round((BUTTON_DP + 2 * EDGE_DP) * density);
        frame.addView(new PaperGuide(this, shape, Math.round(ADVICE_DP * density), below));
        int wrap = FrameLayout.LayoutParams.WRAP_CONTENT;
        int whole = FrameLayout.LayoutParams.MATCH_PARENT;
        frame.addView(advice, new FrameLayout.LayoutParams(whole, wrap, Gravity.TOP));
    }

    private Button button(String text, int gravity) {
        float density = getResources().getDisplayMetrics().density;
        Button button = new Button(this);
        button.setText(text);
        button.setMinHeight(Math.round(BUTTON_DP * density));
        int wrap = FrameLayout.LayoutParams.WRAP_CONTENT;
        FrameLayout.LayoutParams place = new FrameLayout.LayoutParams(wrap, wrap, gravity);
        int edge = Math.round(EDGE_DP * density);
        place.setMargins(edge, edge, edge, edge);
        button.setLayoutParams(place);
        return button;
    }

    @Override
    protected void onResume() {
        super.onResume();
        shutter.setEnabled(false);
        shot = new OneShot(this, preview, this);
        shot.open();
    }

    @Override
    protected void onPause() {
        shot.close();
        super.onPause();
    }

    /** Whoever leaves it by the home key comes back to the app, and to its lock. */
    @Override
    protected void onStop() {
        super.onStop();
        finish();
    }

    @Override
    public void onReady() {
        shutter.setEnabled(true);
    }

    @Override
    public void onPicture(byte[] jpeg) {
        keep(jpeg);
        setResult(RESULT_OK);
        finish();
    }

    @Override
    public void onBroken() {
        finish();
    }
}
